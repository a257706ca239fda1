//! `System.TimeSpan`.

use crate::failure::{Outcome, exception, format_exception, null_argument, throw};
use crate::registry::{Call, Form, TypeRow};
use crate::run::arithmetic;
use crate::run::node::Op;
use crate::time::{self, DAY, SECOND, TimeSpan};
use crate::value::Value;

fn of(ticks: i64) -> Outcome {
    Ok(Value::TimeSpan(TimeSpan { ticks }))
}

fn ticks(value: &Value) -> i64 {
    match value {
        Value::TimeSpan(value) => value.ticks,
        _ => 0,
    }
}

fn unit(c: Call<'_>, unit: i64, most: i64) -> Outcome {
    Ok(Value::Int((ticks(c.value(0)) / unit % most) as i32))
}

fn total(c: Call<'_>, unit: i64) -> Outcome {
    Ok(Value::Double(ticks(c.value(0)) as f64 / unit as f64))
}

fn length(c: Call<'_>, unit: i64) -> Outcome {
    Ok(Value::TimeSpan(time::span(arithmetic::double(c.value(0)).unwrap_or_default(), unit)?))
}

/// `new TimeSpan(…)` of days, hours, minutes, seconds and milliseconds; the first may be missing.
fn parts(c: Call<'_>, days: bool) -> Outcome {
    let at = usize::from(days);
    let days = if days { i128::from(c.integer(0)) } else { 0 };
    let seconds = i128::from(c.integer(at) * 3600 + c.integer(at + 1) * 60 + c.integer(at + 2));
    let milliseconds = (days * 86_400 + seconds) * 1000 + i128::from(c.integer(at + 3));
    i64::try_from(milliseconds * 10_000).map_or_else(
        |_| {
            let message = "TimeSpan overflowed because the duration is too long.";
            throw("System.ArgumentOutOfRangeException", message)
        },
        of,
    )
}

/// `d.hh:mm:ss.fffffff`: each part in its range.
pub fn parse(value: &Value) -> Outcome {
    let Value::String(text) = value else { return Err(null_argument("input")) };
    let text = text.text();
    let wrong = || format_exception(&format!("String '{text}' was not recognized as a valid TimeSpan."));
    let plain = text.trim();
    let (negative, plain) = plain.strip_prefix('-').map_or((false, plain), |rest| (true, rest));
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if digits { part.parse::<i64>().map_err(|_| wrong()) } else { Err(wrong()) }
    };
    let mut parts: Vec<&str> = plain.split(':').collect();
    let fraction = match parts.as_slice() {
        [_, .., last] => last.split_once('.').map(|(_, fraction)| fraction),
        _ => None,
    };
    if let (Some(_), Some(last)) = (fraction, parts.last_mut()) {
        *last = last.split_once('.').map_or(*last, |(whole, _)| whole);
    }
    let (days, clock) = match parts.as_slice() {
        [days] => (number(days)?, [0; 3]),
        [first, minutes, rest @ ..] if rest.len() <= 1 => {
            let (days, hours) = first.split_once('.').unwrap_or(("0", first));
            let seconds = rest.first().map_or(Ok(0), |seconds| number(seconds))?;
            (number(days)?, [number(hours)?, number(minutes)?, seconds])
        }
        [days, hours, minutes, seconds] => {
            (number(days)?, [number(hours)?, number(minutes)?, number(seconds)?])
        }
        _ => return Err(wrong()),
    };
    if clock[0] > 23 || clock[1] > 59 || clock[2] > 59 || days > 10_675_199 {
        let message = format!(
            "The TimeSpan string '{text}' could not be parsed because at least one of the numeric components is out of range or contains too many digits."
        );
        return Err(exception("System.OverflowException", message));
    }
    let fraction = match fraction {
        Some(digits) if digits.len() > 7 => return Err(wrong()),
        Some(digits) => number(&format!("{digits:0<7}"))?,
        None => 0,
    };
    let seconds = clock[0] * 3600 + clock[1] * 60 + clock[2];
    let ticks = days.saturating_mul(DAY).saturating_add(seconds * SECOND + fraction);
    of(if negative { -ticks } else { ticks })
}

fn sum(c: Call<'_>, op: Op) -> Outcome {
    time::arithmetic(op, c.value(0), c.value(1))
}

fn negated(c: Call<'_>) -> Outcome {
    let message = "Negating the minimum value of a twos complement number is invalid.";
    ticks(c.value(0)).checked_neg().map_or_else(|| throw("System.OverflowException", message), of)
}

fn scaled(span: &Value, factor: f64, name: &str) -> Outcome {
    if factor.is_nan() {
        let message =
            format!("TimeSpan does not accept floating point Not-a-Number values. (Parameter '{name}')");
        return throw("System.ArgumentException", message);
    }
    let product = if name == "divisor" {
        (ticks(span) as f64 / factor).round_ties_even()
    } else {
        (ticks(span) as f64 * factor).round_ties_even()
    };
    if product.is_nan() || product.abs() >= i64::MAX as f64 {
        return throw("System.OverflowException", "TimeSpan overflowed because the duration is too long.");
    }
    of(product as i64)
}

fn real(value: &Value) -> f64 {
    arithmetic::double(value).unwrap_or_default()
}

fn ratio(c: Call<'_>) -> Outcome {
    Ok(Value::Double(ticks(c.value(0)) as f64 / ticks(c.value(1)) as f64))
}

fn duration(c: Call<'_>) -> Outcome {
    let message = "The duration cannot be returned for TimeSpan.MinValue because the absolute value of TimeSpan.MinValue exceeds the value of TimeSpan.MaxValue.";
    ticks(c.value(0)).checked_abs().map_or_else(|| throw("System.OverflowException", message), of)
}

pub const TIME_SPAN: TypeRow = TypeRow {
    name: "System.TimeSpan",
    generics: &[],
    form: Form::Struct,
    bases: &[],
    members: &[
        ("new(long ticks)", |_, c| of(c.integer(0))),
        ("new(int hours, int minutes, int seconds)", |_, c| parts(c, false)),
        ("new(int days, int hours, int minutes, int seconds)", |_, c| parts(c, true)),
        ("new(int days, int hours, int minutes, int seconds, int milliseconds)", |_, c| parts(c, true)),
        ("static TimeSpan Zero { get; }", |_, _| of(0)),
        ("static TimeSpan MinValue { get; }", |_, _| of(i64::MIN)),
        ("static TimeSpan MaxValue { get; }", |_, _| of(i64::MAX)),
        ("static long TicksPerDay { get; }", |_, _| Ok(Value::Long(DAY))),
        ("static long TicksPerHour { get; }", |_, _| Ok(Value::Long(3600 * SECOND))),
        ("static long TicksPerMinute { get; }", |_, _| Ok(Value::Long(60 * SECOND))),
        ("static long TicksPerSecond { get; }", |_, _| Ok(Value::Long(SECOND))),
        ("static long TicksPerMillisecond { get; }", |_, _| Ok(Value::Long(SECOND / 1000))),
        ("static TimeSpan FromDays(double value)", |_, c| length(c, DAY)),
        ("static TimeSpan FromHours(double value)", |_, c| length(c, 3600 * SECOND)),
        ("static TimeSpan FromMinutes(double value)", |_, c| length(c, 60 * SECOND)),
        ("static TimeSpan FromSeconds(double value)", |_, c| length(c, SECOND)),
        ("static TimeSpan FromMilliseconds(double value)", |_, c| length(c, SECOND / 1000)),
        ("static TimeSpan FromTicks(long value)", |_, c| of(c.integer(0))),
        ("static TimeSpan Parse(string s)", |_, c| parse(c.value(0))),
        ("static bool TryParse(string s, out TimeSpan result)", |m, c| {
            let parsed = parse(c.value(0));
            let good = parsed.is_ok();
            m.rare().outs.push(parsed.or_else(|_| of(0))?);
            Ok(Value::Bool(good))
        }),
        ("static int Compare(TimeSpan t1, TimeSpan t2)", |_, c| {
            Ok(Value::Int(ticks(c.value(0)).cmp(&ticks(c.value(1))) as i32))
        }),
        ("static bool Equals(TimeSpan t1, TimeSpan t2)", |_, c| super::primitive::same(c)),
        ("int CompareTo(TimeSpan value)", |_, c| super::primitive::compare_to(c)),
        ("int CompareTo(object value)", |_, c| super::primitive::compare_to(c)),
        ("bool Equals(TimeSpan obj)", |_, c| super::primitive::same(c)),
        ("bool Equals(object value)", |_, c| super::primitive::same(c)),
        ("long Ticks { get; }", |_, c| Ok(Value::Long(ticks(c.value(0))))),
        ("int Days { get; }", |_, c| unit(c, DAY, i64::MAX)),
        ("int Hours { get; }", |_, c| unit(c, 3600 * SECOND, 24)),
        ("int Minutes { get; }", |_, c| unit(c, 60 * SECOND, 60)),
        ("int Seconds { get; }", |_, c| unit(c, SECOND, 60)),
        ("int Milliseconds { get; }", |_, c| unit(c, SECOND / 1000, 1000)),
        ("double TotalDays { get; }", |_, c| total(c, DAY)),
        ("double TotalHours { get; }", |_, c| total(c, 3600 * SECOND)),
        ("double TotalMinutes { get; }", |_, c| total(c, 60 * SECOND)),
        ("double TotalSeconds { get; }", |_, c| total(c, SECOND)),
        ("double TotalMilliseconds { get; }", |_, c| {
            // Not more than fits into whole ticks again.
            let most = 922_337_203_685_477.0_f64;
            Ok(Value::Double((ticks(c.value(0)) as f64 / 10_000.0).clamp(-most, most)))
        }),
        ("TimeSpan Add(TimeSpan ts)", |_, c| sum(c, Op::Add)),
        ("TimeSpan Subtract(TimeSpan ts)", |_, c| sum(c, Op::Subtract)),
        ("TimeSpan Negate()", |_, c| negated(c)),
        ("TimeSpan Duration()", |_, c| duration(c)),
        ("TimeSpan Multiply(double factor)", |_, c| scaled(c.value(0), real(c.value(1)), "factor")),
        ("TimeSpan Divide(double divisor)", |_, c| scaled(c.value(0), real(c.value(1)), "divisor")),
        ("double Divide(TimeSpan ts)", |_, c| ratio(c)),
        ("static TimeSpan operator *(TimeSpan timeSpan, double factor)", |_, c| {
            scaled(c.value(0), real(c.value(1)), "factor")
        }),
        ("static TimeSpan operator *(double factor, TimeSpan timeSpan)", |_, c| {
            scaled(c.value(1), real(c.value(0)), "factor")
        }),
        ("static TimeSpan operator /(TimeSpan timeSpan, double divisor)", |_, c| {
            scaled(c.value(0), real(c.value(1)), "divisor")
        }),
        ("static double operator /(TimeSpan t1, TimeSpan t2)", |_, c| ratio(c)),
        ("string ToString(string format)", |m, c| super::primitive::formatted(m, c)),
    ],
    missing: &["ParseExact", "TryParseExact"],
};
