//! `System.DateTime`, `DateTimeOffset`, `DayOfWeek`.
//!
//! **Differs from Azure:** `Parse` reads ISO 8601, RFC 1123 and `MM/dd/yyyy HH:mm:ss`; the local time zone is UTC, as
//! it is on the service.

use crate::failure::{Outcome, format_exception, null_argument, out_of_range};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::{Machine, arithmetic};
use crate::time::{self, DAY, DateTime, DateTimeOffset, Kind, SECOND, TimeSpan};
use crate::value::Value;

const fn row(
    name: &'static str,
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Struct, bases: &[], members, missing }
}

pub const DAY_OF_WEEK: TypeRow = TypeRow {
    name: "System.DayOfWeek",
    generics: &[],
    form: Form::Enum(&[
        ("Sunday", 0),
        ("Monday", 1),
        ("Tuesday", 2),
        ("Wednesday", 3),
        ("Thursday", 4),
        ("Friday", 5),
        ("Saturday", 6),
    ]),
    bases: &[],
    members: &[],
    missing: &[],
};

/// A date and time with the minutes ahead of UTC, if the text has them.
pub fn read(text: &str) -> Option<(i64, Option<i32>)> {
    let text = text.trim();
    let (body, offset) = zone(text);
    let (date, clock) = body.split_once(['T', ' ']).unwrap_or((body, ""));
    let numbers =
        |separator: char| date.split(separator).map(|n| n.parse::<i64>().ok()).collect::<Option<Vec<_>>>();
    let day = match (numbers('-').as_deref(), numbers('/').as_deref()) {
        (Some([year, month, day]), _) if *year > 31 => time::ticks_of(*year, *month, *day)?,
        (_, Some([month, day, year])) => time::ticks_of(*year, *month, *day)?,
        _ => return rfc(text),
    };
    Some((day + clock_ticks(clock)?, offset))
}

fn zone(text: &str) -> (&str, Option<i32>) {
    if let Some(body) = text.strip_suffix('Z') {
        return (body.trim_end(), Some(0));
    }
    let clock = text.find(['T', ' ']).unwrap_or(text.len());
    let Some(at) = text.get(clock..).and_then(|rest| rest.rfind(['+', '-'])).map(|at| at + clock) else {
        return (text, None);
    };
    let (body, zone) = text.split_at(at);
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let number: i32 = digits.parse().unwrap_or_default();
    let minutes = if digits.len() > 2 { number / 100 * 60 + number % 100 } else { number * 60 };
    (body.trim_end(), Some(if zone.starts_with('-') { -minutes } else { minutes }))
}

fn clock_ticks(clock: &str) -> Option<i64> {
    let (clock, afternoon) = match clock.to_ascii_uppercase().strip_suffix("PM") {
        Some(body) => (body.trim().to_owned(), true),
        None => (clock.trim_end_matches("AM").trim().to_owned(), false),
    };
    if clock.is_empty() {
        return Some(0);
    }
    let (whole, fraction) = clock.split_once('.').unwrap_or((&clock, ""));
    let parts = whole.split(':').map(|n| n.parse::<i64>().ok()).collect::<Option<Vec<_>>>()?;
    let (hour, minute, second) = match parts.as_slice() {
        [h, m] => (*h, *m, 0),
        [h, m, s] => (*h, *m, *s),
        _ => return None,
    };
    let hour = if afternoon && hour < 12 { hour + 12 } else { hour };
    if hour > 23 || minute > 59 || second > 59 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<7}").get(..7)?.parse().ok()?;
    Some((hour * 3600 + minute * 60 + second) * SECOND + fraction)
}

/// `Wed, 21 Oct 2015 07:28:00 GMT`
fn rfc(text: &str) -> Option<(i64, Option<i32>)> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_once(',').map_or(text, |(_, rest)| rest).split_whitespace().collect();
    let [day, month, year, clock, ..] = words.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| month.get(..3) == Some(name))? as i64 + 1;
    let ticks = time::ticks_of(year.parse().ok()?, month, day.parse().ok()?)? + clock_ticks(clock)?;
    Some((ticks, Some(0)))
}

fn wrong(text: &str) -> crate::failure::Throw {
    let unknown = unknown_word(text);
    format_exception(&match unknown {
        Some(at) => format!(
            "The string '{text}' was not recognized as a valid DateTime. There is an unknown word starting at index '{at}'."
        ),
        None => format!("String '{text}' was not recognized as a valid DateTime."),
    })
}

/// Where a word begins that no date has; other signs that no date has end the search.
fn unknown_word(text: &str) -> Option<usize> {
    const WORDS: [&str; 8] = ["am", "pm", "gmt", "utc", "t", "z", "a", "p"];
    let mut at = 0;
    let mut word = String::new();
    for c in text.trim_end().chars().chain([' ']) {
        if c.is_alphabetic() {
            word.push(c);
        } else {
            let lower = word.to_lowercase();
            let name = time::names().any(|name| {
                let name = name.to_lowercase();
                name == lower || (lower.len() == 3 && name.starts_with(&lower))
            });
            if !word.is_empty() && !name && !WORDS.contains(&lower.as_str()) {
                return Some(at - word.encode_utf16().count());
            }
            word.clear();
            if !(c.is_ascii_digit() || c.is_whitespace() || "/-:.,+".contains(c)) {
                return None;
            }
        }
        at += c.len_utf16();
    }
    None
}

pub fn parse(value: &Value) -> Outcome {
    let Value::String(text) = value else { return Err(null_argument("s")) };
    let text = text.text();
    let (ticks, offset) = read(&text).ok_or_else(|| wrong(&text))?;
    let kind = if offset.is_some() { Kind::Local } else { Kind::Unspecified };
    Ok(Value::DateTime(DateTime { ticks: ticks - i64::from(offset.unwrap_or(0)) * 60 * SECOND, kind }))
}

pub fn parse_offset(value: &Value) -> Outcome {
    let Value::String(text) = value else { return Err(null_argument("input")) };
    let text = text.text();
    let (ticks, offset) = read(&text).ok_or_else(|| wrong(&text))?;
    Ok(Value::DateTimeOffset(DateTimeOffset { ticks, offset: offset.unwrap_or(0) }))
}

fn ticks(value: &Value) -> i64 {
    match value {
        Value::DateTime(value) => value.ticks,
        Value::DateTimeOffset(value) => value.ticks,
        Value::TimeSpan(value) => value.ticks,
        _ => 0,
    }
}

fn moved(value: &Value, by: i64) -> Outcome {
    Ok(match value {
        Value::DateTimeOffset(value) => {
            let moved = DateTime { ticks: value.ticks, kind: Kind::Utc }.add(by)?;
            let moved = DateTimeOffset { ticks: moved.ticks, ..*value };
            if !(0..=DateTime::MAX.ticks).contains(&moved.utc_ticks()) {
                let message =
                    "The UTC time represented when the offset is applied must be between year 0 and 10,000.";
                return Err(out_of_range(message, "offset"));
            }
            Value::DateTimeOffset(moved)
        }
        Value::DateTime(value) => Value::DateTime(value.add(by)?),
        _ => Value::Null,
    })
}

fn shift(c: Call<'_>, unit: i64) -> Outcome {
    let ticks = arithmetic::double(c.value(1)).unwrap_or_default() * unit as f64;
    if ticks.is_nan() || ticks.abs() > 3.2e18 {
        return Err(out_of_range("Value to add was out of range.", "value"));
    }
    moved(c.value(0), ticks.round() as i64)
}

fn months(c: Call<'_>) -> Outcome {
    let count = c.integer(1);
    if count.abs() > 120_000 {
        return Err(out_of_range("Months value must be between +/-120000.", "months"));
    }
    let now = ticks(c.value(0));
    moved(c.value(0), time::add_months(now, count, "months")? - now)
}

fn years(c: Call<'_>) -> Outcome {
    let count = c.integer(1);
    if count.abs() > 10_000 {
        return Err(out_of_range("Years value must be between +/-10000.", "years"));
    }
    let now = ticks(c.value(0));
    moved(c.value(0), time::add_months(now, count * 12, "months")? - now)
}

fn year(c: Call<'_>) -> Outcome<i64> {
    match c.integer(0) {
        year @ 1..=9999 => Ok(year),
        _ => Err(out_of_range("Year must be between 1 and 9999.", "year")),
    }
}

fn int(value: i64) -> Outcome {
    Ok(Value::Int(value as i32))
}

fn clock(c: Call<'_>, unit: i64, most: i64) -> Outcome {
    int(ticks(c.value(0)) / unit % most)
}

fn order(c: Call<'_>) -> Outcome {
    super::primitive::compare_to(c)
}

fn formatted(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let format = match c.value(1) {
        Value::String(format) => format.text().into_owned(),
        _ => String::new(),
    };
    let text = crate::format::formatted(m, c.value(0), Some(&format))?;
    m.string(text)
}

/// The ticks of a constructor's year, month, day, hour, minute, second and millisecond.
fn date(c: Call<'_>) -> Outcome<i64> {
    let count = c.arguments.iter().take_while(|argument| matches!(argument, Value::Int(_))).count();
    let part = |at: usize| if at < count { c.integer(at) } else { 0 };
    let milliseconds = part(6);
    let unfit = |what: &str| {
        let message = format!("{what} parameters describe an un-representable DateTime.");
        crate::failure::exception("System.ArgumentOutOfRangeException", message)
    };
    if !(0..1000).contains(&milliseconds) {
        return Err(out_of_range("Valid values are between 0 and 999, inclusive.", "millisecond"));
    }
    let day = time::ticks_of(part(0), part(1), part(2)).ok_or_else(|| unfit("Year, Month, and Day"))?;
    let within = |at: usize, most: i64| (0..most).contains(&part(at));
    if !within(3, 24) || !within(4, 60) || !within(5, 60) {
        return Err(unfit("Hour, Minute, and Second"));
    }
    Ok(day + (part(3) * 3600 + part(4) * 60 + part(5)) * SECOND + milliseconds * SECOND / 1000)
}

/// A date of the kind in the last argument.
fn new(c: Call<'_>) -> Outcome {
    let kind =
        if matches!(c.arguments.last(), Some(Value::Enum(..))) { Kind::Utc } else { Kind::Unspecified };
    let ticks = match c.value(0) {
        Value::Long(ticks) if !(0..=DateTime::MAX.ticks).contains(ticks) => {
            let message = "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.";
            return Err(out_of_range(message, "ticks"));
        }
        Value::Long(ticks) => *ticks,
        _ => date(c)?,
    };
    Ok(Value::DateTime(DateTime { ticks, kind }))
}

/// Checks an offset and what it makes of a local time.
fn with_offset(ticks: i64, offset: &Value) -> Outcome {
    let span = match offset {
        Value::TimeSpan(span) => span.ticks,
        _ => 0,
    };
    if span % (60 * SECOND) != 0 {
        let message = "Offset must be specified in whole minutes. (Parameter 'offset')";
        return crate::failure::throw("System.ArgumentException", message);
    }
    if span.abs() > 14 * 3600 * SECOND {
        return Err(out_of_range("Offset must be within plus or minus 14 hours.", "offset"));
    }
    let utc = ticks - span;
    if !(0..=DateTime::MAX.ticks).contains(&utc) {
        return Err(out_of_range(
            "The UTC time represented when the offset is applied must be between year 0 and 10,000.",
            "offset",
        ));
    }
    Ok(Value::DateTimeOffset(DateTimeOffset { ticks, offset: (span / SECOND / 60) as i32 }))
}

fn new_offset(c: Call<'_>) -> Outcome {
    let offset = c.arguments.last().unwrap_or(&Value::Null);
    // The offset is looked at before the date.
    with_offset(DateTime::MAX.ticks / 2, offset)?;
    with_offset(date(c)?, offset)
}

fn to_offset(c: Call<'_>) -> Outcome {
    let moment = utc(c.value(0))?;
    let Value::TimeSpan(span) = c.value(1) else { return Err(crate::failure::null_reference()) };
    let local =
        moment.utc_ticks().checked_add(span.ticks).filter(|ticks| (0..=DateTime::MAX.ticks).contains(ticks));
    let Some(local) = local else {
        let message = "The added or subtracted value results in an un-representable DateTime.";
        return Err(out_of_range(message, "t"));
    };
    with_offset(local, c.value(1))
}

macro_rules! shared {
    ($ty:literal) => {
        [
            ("int Year { get; }", (|_, c| int(time::date(ticks(c.value(0))).0)) as Run),
            ("int Month { get; }", |_, c| int(time::date(ticks(c.value(0))).1)),
            ("int Day { get; }", |_, c| int(time::date(ticks(c.value(0))).2)),
            ("int Hour { get; }", |_, c| clock(c, 3600 * SECOND, 24)),
            ("int Minute { get; }", |_, c| clock(c, 60 * SECOND, 60)),
            ("int Second { get; }", |_, c| clock(c, SECOND, 60)),
            ("int Millisecond { get; }", |_, c| clock(c, SECOND / 1000, 1000)),
            ("long Ticks { get; }", |_, c| Ok(Value::Long(ticks(c.value(0))))),
            ("DayOfWeek DayOfWeek { get; }", |_, c| {
                Ok(Value::Enum("System.DayOfWeek", ((ticks(c.value(0)) / DAY + 1) % 7) as i32))
            }),
            ("int DayOfYear { get; }", |_, c| {
                let now = ticks(c.value(0));
                int((now - time::ticks_of(time::date(now).0, 1, 1).unwrap_or(0)) / DAY + 1)
            }),
            ("TimeSpan TimeOfDay { get; }", |_, c| {
                Ok(Value::TimeSpan(TimeSpan { ticks: ticks(c.value(0)) % DAY }))
            }),
            (concat!($ty, " AddDays(double value)"), |_, c| shift(c, DAY)),
            (concat!($ty, " AddHours(double value)"), |_, c| shift(c, 3600 * SECOND)),
            (concat!($ty, " AddMinutes(double value)"), |_, c| shift(c, 60 * SECOND)),
            (concat!($ty, " AddSeconds(double value)"), |_, c| shift(c, SECOND)),
            (concat!($ty, " AddMilliseconds(double value)"), |_, c| shift(c, SECOND / 1000)),
            (concat!($ty, " AddTicks(long value)"), |_, c| moved(c.value(0), c.integer(1))),
            (concat!($ty, " AddMonths(int months)"), |_, c| months(c)),
            (concat!($ty, " AddYears(int value)"), |_, c| years(c)),
            (concat!($ty, " Add(TimeSpan value)"), |_, c| moved(c.value(0), ticks(c.value(1)))),
            (concat!($ty, " Subtract(TimeSpan value)"), |_, c| {
                moved(c.value(0), ticks(c.value(1)).checked_neg().unwrap_or(i64::MAX))
            }),
            (concat!("TimeSpan Subtract(", $ty, " value)"), |_, c| {
                time::arithmetic(crate::run::node::Op::Subtract, c.value(0), c.value(1))
            }),
            (concat!("int CompareTo(", $ty, " value)"), |_, c| order(c)),
            ("int CompareTo(object value)", |_, c| order(c)),
            (concat!("bool Equals(", $ty, " value)"), |_, c| super::primitive::same(c)),
            ("bool Equals(object value)", |_, c| super::primitive::same(c)),
            (concat!("static bool Equals(", $ty, " t1, ", $ty, " t2)"), |_, c| super::primitive::same(c)),
            (concat!("static int Compare(", $ty, " t1, ", $ty, " t2)"), |_, c| order(c)),
            ("string ToString(string format)", formatted),
        ]
    };
}

const DATES: [(&str, Run); 29] = shared!("DateTime");
const OFFSETS: [(&str, Run); 29] = shared!("DateTimeOffset");

pub const DATE_SHARED: TypeRow = TypeRow {
    name: "System.IDateTimeMembers",
    generics: &[],
    form: Form::Interface,
    bases: &[],
    members: &DATES,
    missing: &[],
};
pub const OFFSET_SHARED: TypeRow = TypeRow {
    name: "System.IDateTimeOffsetMembers",
    generics: &[],
    form: Form::Interface,
    bases: &[],
    members: &OFFSETS,
    missing: &[],
};

pub const DATE_TIME: TypeRow = TypeRow {
    bases: &["IDateTimeMembers"],
    ..row(
        "System.DateTime",
        &[
            ("new(int year, int month, int day)", |_, c| new(c)),
            ("new(int year, int month, int day, int hour, int minute, int second)", |_, c| new(c)),
            (
                "new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)",
                |_, c| new(c),
            ),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond)",
                |_, c| new(c),
            ),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)",
                |_, c| new(c),
            ),
            ("new(long ticks)", |_, c| new(c)),
            ("new(long ticks, DateTimeKind kind)", |_, c| new(c)),
            ("static DateTime UtcNow { get; }", |m, _| Ok(Value::DateTime(DateTime::unix(m.host.now())))),
            ("static DateTime Now { get; }", |m, _| {
                Ok(Value::DateTime(DateTime { kind: Kind::Local, ..DateTime::unix(m.host.now()) }))
            }),
            ("static DateTime Today { get; }", |m, _| {
                let now = DateTime::unix(m.host.now()).ticks;
                Ok(Value::DateTime(DateTime { ticks: now - now % DAY, kind: Kind::Local }))
            }),
            ("static DateTime MinValue { get; }", |_, _| Ok(Value::DateTime(DateTime::MIN))),
            ("static DateTime MaxValue { get; }", |_, _| Ok(Value::DateTime(DateTime::MAX))),
            ("static DateTime Parse(string s)", |_, c| parse(c.value(0))),
            ("static bool IsLeapYear(int year)", |_, c| Ok(Value::Bool(time::is_leap(year(c)?)))),
            ("static int DaysInMonth(int year, int month)", |_, c| match c.integer(1) {
                month @ 1..=12 => int(time::days_in_month(year(c)?, month)),
                _ => Err(out_of_range("Month must be between one and twelve.", "month")),
            }),
            ("DateTime Date { get; }", |_, c| match c.value(0) {
                Value::DateTime(value) => {
                    Ok(Value::DateTime(DateTime { ticks: value.ticks - value.ticks % DAY, ..*value }))
                }
                _ => Err(crate::failure::null_reference()),
            }),
        ],
        &["IsDaylightSavingTime"],
    )
};

pub const DATE_TIME_KIND: TypeRow = TypeRow {
    name: "System.DateTimeKind",
    generics: &[],
    form: Form::Enum(&[("Utc", 1)]),
    bases: &[],
    members: &[],
    missing: &[],
};

/// A date with an offset, which must be its own if it is in UTC.
fn dated(c: Call<'_>) -> Outcome {
    let Value::DateTime(date) = c.value(0) else { return Err(crate::failure::null_reference()) };
    if date.kind == Kind::Utc && ticks(c.value(1)) != 0 {
        let message = "The UTC Offset for Utc DateTime instances must be 0. (Parameter 'offset')";
        return crate::failure::throw("System.ArgumentException", message);
    }
    let made = with_offset(date.ticks, c.value(1))?;
    if date.kind == Kind::Local && matches!(&made, Value::DateTimeOffset(made) if made.offset != 0) {
        let message = "The UTC Offset of the local dateTime parameter does not match the offset argument. (Parameter 'offset')";
        return crate::failure::throw("System.ArgumentException", message);
    }
    Ok(made)
}

fn utc(value: &Value) -> Outcome<DateTimeOffset> {
    match value {
        Value::DateTimeOffset(value) => Ok(*value),
        _ => Err(crate::failure::null_reference()),
    }
}

fn from_unix(milliseconds: i64) -> Outcome {
    let moment = DateTime::unix(0).add(milliseconds.saturating_mul(10_000))?;
    Ok(Value::DateTimeOffset(DateTimeOffset { ticks: moment.ticks, offset: 0 }))
}

pub const DATE_TIME_OFFSET: TypeRow = TypeRow {
    bases: &["IDateTimeOffsetMembers"],
    ..row(
        "System.DateTimeOffset",
        &[
            ("new(DateTime dateTime)", |_, c| {
                Ok(Value::DateTimeOffset(DateTimeOffset { ticks: ticks(c.value(0)), offset: 0 }))
            }),
            ("new(DateTime dateTime, TimeSpan offset)", |_, c| dated(c)),
            ("new(long ticks, TimeSpan offset)", |_, c| {
                with_offset(DateTime::MAX.ticks / 2, c.value(1))?;
                if !(0..=DateTime::MAX.ticks).contains(&c.integer(0)) {
                    let message =
                        "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.";
                    return Err(out_of_range(message, "ticks"));
                }
                with_offset(c.integer(0), c.value(1))
            }),
            (
                "new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)",
                |_, c| new_offset(c),
            ),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)",
                |_, c| new_offset(c),
            ),
            ("static implicit operator DateTimeOffset(DateTime dateTime)", |_, c| {
                Ok(Value::DateTimeOffset(DateTimeOffset { ticks: ticks(c.value(0)), offset: 0 }))
            }),
            ("static DateTimeOffset UtcNow { get; }", |m, _| from_unix(m.host.now())),
            ("static DateTimeOffset Now { get; }", |m, _| from_unix(m.host.now())),
            ("static DateTimeOffset MinValue { get; }", |_, _| {
                Ok(Value::DateTimeOffset(DateTimeOffset::MIN))
            }),
            ("static DateTimeOffset Parse(string input)", |_, c| parse_offset(c.value(0))),
            ("static bool TryParse(string input, out DateTimeOffset result)", |m, c| {
                let parsed = parse_offset(c.value(0));
                let good = parsed.is_ok();
                m.rare().outs.push(parsed.unwrap_or(Value::DateTimeOffset(DateTimeOffset::MIN)));
                Ok(Value::Bool(good))
            }),
            ("static DateTimeOffset FromUnixTimeSeconds(long seconds)", |_, c| {
                let seconds = c.integer(0);
                if !(-62_135_596_800..=253_402_300_799).contains(&seconds) {
                    let message = "Valid values are between -62135596800 and 253402300799, inclusive.";
                    return Err(out_of_range(message, "seconds"));
                }
                from_unix(seconds * 1000)
            }),
            ("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)", |_, c| {
                let milliseconds = c.integer(0);
                if !(-62_135_596_800_000..=253_402_300_799_999).contains(&milliseconds) {
                    let message = "Valid values are between -62135596800000 and 253402300799999, inclusive.";
                    return Err(out_of_range(message, "milliseconds"));
                }
                from_unix(milliseconds)
            }),
            ("long ToUnixTimeSeconds()", |_, c| {
                Ok(Value::Long(utc(c.value(0))?.unix_milliseconds().div_euclid(1000)))
            }),
            ("long ToUnixTimeMilliseconds()", |_, c| Ok(Value::Long(utc(c.value(0))?.unix_milliseconds()))),
            ("DateTime UtcDateTime { get; }", |_, c| {
                Ok(Value::DateTime(DateTime { ticks: utc(c.value(0))?.utc_ticks(), kind: Kind::Utc }))
            }),
            ("DateTime LocalDateTime { get; }", |_, c| {
                Ok(Value::DateTime(DateTime { ticks: utc(c.value(0))?.utc_ticks(), kind: Kind::Local }))
            }),
            ("DateTime DateTime { get; }", |_, c| {
                Ok(Value::DateTime(DateTime { ticks: utc(c.value(0))?.ticks, kind: Kind::Unspecified }))
            }),
            ("DateTime Date { get; }", |_, c| {
                Ok(Value::DateTime(DateTime {
                    ticks: ticks(c.value(0)) / DAY * DAY,
                    kind: Kind::Unspecified,
                }))
            }),
            ("TimeSpan Offset { get; }", |_, c| {
                Ok(Value::TimeSpan(TimeSpan { ticks: i64::from(utc(c.value(0))?.offset) * 60 * SECOND }))
            }),
            ("static DateTimeOffset MaxValue { get; }", |_, _| {
                Ok(Value::DateTimeOffset(DateTimeOffset { ticks: DateTime::MAX.ticks, offset: 0 }))
            }),
            ("static DateTimeOffset UnixEpoch { get; }", |_, _| from_unix(0)),
            ("DateTimeOffset ToOffset(TimeSpan offset)", |_, c| to_offset(c)),
            ("DateTimeOffset ToLocalTime()", |_, c| {
                Ok(Value::DateTimeOffset(DateTimeOffset { ticks: utc(c.value(0))?.utc_ticks(), offset: 0 }))
            }),
            ("long UtcTicks { get; }", |_, c| Ok(Value::Long(utc(c.value(0))?.utc_ticks()))),
            ("bool EqualsExact(DateTimeOffset other)", |_, c| {
                Ok(Value::Bool(utc(c.value(0))? == utc(c.value(1))?))
            }),
            ("DateTimeOffset ToUniversalTime()", |_, c| {
                Ok(Value::DateTimeOffset(DateTimeOffset { ticks: utc(c.value(0))?.utc_ticks(), offset: 0 }))
            }),
        ],
        &["ParseExact", "TryParseExact"],
    )
};
