//! .NET format strings for numbers and everything else, in the invariant culture.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use crate::failure::{Outcome, format_exception};
use crate::run::{Machine, arithmetic, convert};
use crate::text::{Str, Text};
use crate::value::Value;

/// `value.ToString(format)`
pub fn formatted(machine: &mut Machine<'_>, value: &Value, format: Option<&str>) -> Outcome<Str> {
    let format = match format {
        None | Some("") => return convert::text(machine, value),
        Some(format) => format,
    };
    Ok(Str::from(match value {
        Value::DateTime(value) => value.format(format)?,
        Value::DateTimeOffset(value) => value.format(format)?,
        Value::TimeSpan(value) => value.format(format)?,
        Value::Guid(value) => guid(value, format)?,
        Value::Double(_)
        | Value::Float(_)
        | Value::Decimal(_)
        | Value::Int(_)
        | Value::Long(_)
        | Value::UInt(_)
        | Value::ULong(_)
        | Value::Short(_)
        | Value::UShort(_)
        | Value::Byte(_)
        | Value::SByte(_) => number(value, format)?,
        Value::Enum(_, value) if format.eq_ignore_ascii_case("d") => value.to_string(),
        Value::Enum(_, value) if format.eq_ignore_ascii_case("x") => format!("{value:08X}"),
        other => return convert::text(machine, other),
    }))
}

/// Appends `part` in a field of `width`; negative widths align to the left.
pub fn align(text: &mut Text, part: &Str, width: i32) {
    let missing = (width.unsigned_abs().min(4096) as usize).saturating_sub(part.len());
    let blanks = " ".repeat(missing);
    if width > 0 {
        text.push_text(&blanks);
    }
    text.push(part);
    if width < 0 {
        text.push_text(&blanks);
    }
}

/// `string.Format`
pub fn composite(machine: &mut Machine<'_>, format: &Str, arguments: &[Value]) -> Outcome<Str> {
    let wrong = || format_exception("Input string was not in a correct format.");
    let units = format.units();
    let mut text = Text::default();
    let mut at = 0;
    while let Some(unit) = units.get(at).copied() {
        at += 1;
        let doubled = units.get(at) == Some(&unit);
        if unit != u16::from(b'{') && unit != u16::from(b'}') {
            text.push_unit(unit);
        } else if doubled {
            at += 1;
            text.push_unit(unit);
        } else if unit == u16::from(b'}') {
            return Err(wrong());
        } else {
            let rest = units.get(at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|unit| *unit == u16::from(b'}')) else {
                return Err(wrong());
            };
            let item = String::from_utf16_lossy(rest.get(..length).unwrap_or_default());
            at += length + 1;
            let (head, specifier) = item.split_once(':').map_or((item.as_str(), None), |(h, f)| (h, Some(f)));
            let (index, width) = head.split_once(',').unwrap_or((head, "0"));
            let index: usize = index.trim().parse().map_err(|_| wrong())?;
            let width: i32 = width.trim().parse().map_err(|_| wrong())?;
            let Some(argument) = arguments.get(index) else {
                return Err(format_exception(
                    "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
                ));
            };
            let part = formatted(machine, argument, specifier)?;
            machine.charge(part.len())?;
            align(&mut text, &part, width);
        }
    }
    Ok(text.finish())
}

fn guid(value: &uuid::Uuid, format: &str) -> Outcome<String> {
    Ok(match format.to_ascii_uppercase().as_str() {
        "D" => value.to_string(),
        "N" => value.simple().to_string(),
        "B" => format!("{{{value}}}"),
        "P" => format!("({value})"),
        _ => {
            return Err(format_exception(
                "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
            ));
        }
    })
}

/// The shortest text that reads back as the same number.
pub fn double(value: f64) -> String {
    real(value, &format!("{value:e}"))
}

/// The same for `float`.
pub fn float(value: f32) -> String {
    real(f64::from(value), &format!("{value:e}"))
}

fn real(value: f64, scientific: &str) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return (if value > 0.0 { "∞" } else { "-∞" }).replace('∞', "Infinity");
    }
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-5..15).contains(&exponent) {
        let sign = if digits.starts_with('-') { "-" } else { "" };
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        return format!("{sign}{}", place(&digits, exponent));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

fn place(digits: &str, exponent: i32) -> String {
    match usize::try_from(exponent) {
        Ok(whole) if whole + 1 >= digits.len() => format!("{digits}{}", "0".repeat(whole + 1 - digits.len())),
        Ok(whole) => {
            let (whole, rest) = digits.split_at(whole + 1);
            format!("{whole}.{rest}")
        }
        Err(_) => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    }
}

fn number(value: &Value, format: &str) -> Outcome<String> {
    let mut letters = format.chars();
    let first = letters.next().unwrap_or_default();
    let precision = letters.as_str();
    if !first.is_ascii_alphabetic() || !precision.chars().all(|c| c.is_ascii_digit()) || precision.len() > 2 {
        return Ok(custom(value, format));
    }
    let digits: Option<usize> = precision.parse().ok();
    let exact = match value {
        Value::Decimal(value) => Some(*value),
        Value::Double(value) => Decimal::from_f64(*value),
        Value::Float(value) => Decimal::from_f32(*value),
        other => arithmetic::wide(other).and_then(Decimal::from_i128),
    };
    let exact = exact.unwrap_or_default();
    let wrong = || format_exception("Format specifier was invalid.");
    Ok(match first.to_ascii_uppercase() {
        'D' | 'X' | 'B' if matches!(value, Value::Double(_) | Value::Float(_) | Value::Decimal(_)) => {
            return Err(wrong());
        }
        'D' => {
            let wide = arithmetic::wide(value).unwrap_or_default();
            let sign = if wide < 0 { "-" } else { "" };
            format!("{sign}{:0>1$}", wide.unsigned_abs(), digits.unwrap_or(1))
        }
        'X' => {
            let text = hexadecimal(value);
            let text = format!("{text:0>0$}", digits.unwrap_or(1));
            if first == 'x' { text.to_lowercase() } else { text }
        }
        'F' => fixed(exact, digits.unwrap_or(2)),
        'N' => grouped(&fixed(exact, digits.unwrap_or(2))),
        'P' => format!("{} %", grouped(&fixed(exact * Decimal::ONE_HUNDRED, digits.unwrap_or(2)))),
        'C' => {
            let text = grouped(&fixed(exact.abs(), digits.unwrap_or(2)));
            if exact.is_sign_negative() { format!("-${text}") } else { format!("${text}") }
        }
        'E' => exponential(value, digits.unwrap_or(6), first),
        'G' | 'R' => match (value, digits) {
            (Value::Double(value), None | Some(0)) => double(*value),
            (Value::Float(value), None | Some(0)) => float(*value),
            (_, Some(digits)) if digits > 0 => {
                exact.round_sf(u32::try_from(digits).unwrap_or(28)).unwrap_or(exact).normalize().to_string()
            }
            _ => exact.to_string(),
        },
        _ => return Err(wrong()),
    })
}

fn hexadecimal(value: &Value) -> String {
    match value {
        Value::SByte(value) => format!("{value:X}"),
        Value::Short(value) => format!("{value:X}"),
        Value::Int(value) => format!("{value:X}"),
        Value::Long(value) => format!("{value:X}"),
        other => format!("{:X}", arithmetic::wide(other).unwrap_or_default()),
    }
}

fn fixed(value: Decimal, digits: usize) -> String {
    let places = u32::try_from(digits).unwrap_or(28);
    let rounded =
        value.round_dp_with_strategy(places.min(28), rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.digits$}")
}

fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let fraction = fraction.map_or(String::new(), |fraction| format!(".{fraction}"));
    format!("{sign}{out}{fraction}")
}

fn exponential(value: &Value, digits: usize, letter: char) -> String {
    let text = format!("{:.*e}", digits, arithmetic::double(value).unwrap_or_default());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{letter}{sign}{:03}", exponent.abs())
}

/// `0`, `#`, `.`, `,`, `%` and literals; sections for negative numbers and zero.
fn custom(value: &Value, format: &str) -> String {
    let number = match value {
        Value::Decimal(value) => *value,
        other => Decimal::from_f64(arithmetic::double(other).unwrap_or_default()).unwrap_or_default(),
    };
    let sections: Vec<&str> = format.split(';').collect();
    let section = match sections.as_slice() {
        [_, negative, ..] if number.is_sign_negative() && !negative.is_empty() => negative,
        [_, _, zero, ..] if number.is_zero() => zero,
        [first, ..] => first,
        [] => "",
    };
    let percent = section.contains('%');
    let number = if percent { number * Decimal::ONE_HUNDRED } else { number };
    let (whole, fraction) = section.split_once('.').unwrap_or((section, ""));
    let count = |text: &str, digit: fn(char) -> bool| text.chars().filter(|c| digit(*c)).count();
    let most = count(fraction, |c| c == '0' || c == '#');
    let least = fraction.rfind('0').map_or(0, |at| count(&fraction[..=at], |c| c == '0' || c == '#'));
    let fixed = fixed(number.abs(), most);
    let (digits, decimals) = fixed.split_once('.').unwrap_or((&fixed, ""));
    let digits = digits.trim_start_matches('0');
    let zeros = whole.find('0').map_or(0, |at| count(&whole[at..], |c| c == '0' || c == '#'));
    let digits = format!("{digits:0>zeros$}");
    let digits = if whole.contains("#,") || whole.contains("0,") { grouped(&digits) } else { digits };
    let mut decimals = decimals.to_owned();
    while decimals.len() > least && decimals.ends_with('0') {
        decimals.pop();
    }
    let point = if decimals.is_empty() { "" } else { "." };
    let mut out = String::new();
    if number.is_sign_negative() && !number.is_zero() && sections.len() < 2 {
        out.push('-');
    }
    let literal = |c: &char| !matches!(c, '0' | '#' | ',' | '\'' | '"' | '\\' | '.');
    let pattern = |c: char| matches!(c, '0' | '#');
    let start = whole.find(pattern).unwrap_or(whole.len());
    let end = whole.rfind(pattern).map_or(whole.len(), |at| at + 1);
    out.extend(whole[..start].chars().filter(literal));
    out.push_str(&digits);
    out.extend(whole[end..].chars().filter(literal));
    out.push_str(point);
    out.push_str(&decimals);
    out.extend(fraction.chars().filter(literal));
    out
}
