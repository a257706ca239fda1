//! `DateTime`, `DateTimeOffset` and `TimeSpan`: counts of 100 ns, as .NET keeps them.

use crate::failure::{Outcome, format_exception, out_of_range};
use crate::run::node::Op;
use crate::value::Value;

pub const SECOND: i64 = 10_000_000;
pub const DAY: i64 = 86_400 * SECOND;
const UNIX: i64 = 621_355_968_000_000_000;
const MAX: i64 = 3_155_378_975_999_999_999;

/// `System.DateTime`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// 100 ns since 0001-01-01.
    pub ticks: i64,
    /// What the time refers to.
    pub kind: Kind,
}

/// `System.DateTimeKind`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Unspecified,
    Utc,
    Local,
}

/// `System.DateTimeOffset`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTimeOffset {
    /// The local time in 100 ns since 0001-01-01.
    pub ticks: i64,
    /// Minutes ahead of UTC.
    pub offset: i32,
}

/// `System.TimeSpan`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// Its length in 100 ns.
    pub ticks: i64,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Whether February has 29 days.
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The length of a month.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let y = year - 1;
    let months: i64 = (1..month).map(|m| days_in_month(year, m)).sum();
    y * 365 + y / 4 - y / 100 + y / 400 + months + day - 1
}

/// Year, month and day.
pub fn date(ticks: i64) -> (i64, i64, i64) {
    let days = ticks.div_euclid(DAY);
    let mut year = (days / 366 + 1).max(1);
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut rest = days - days_before(year, 1, 1);
    let mut month = 1;
    while rest >= days_in_month(year, month) {
        rest -= days_in_month(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

/// The ticks of a date, if there is such a day.
pub fn ticks_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let valid = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day);
    valid.then(|| days_before(year, month, day) * DAY)
}

/// The names of the months and days.
pub fn names() -> impl Iterator<Item = &'static str> {
    MONTHS.into_iter().chain(DAYS)
}

fn checked(ticks: Option<i64>, name: &str) -> Outcome<i64> {
    ticks.filter(|ticks| (0..=MAX).contains(ticks)).ok_or_else(|| {
        out_of_range("The added or subtracted value results in an un-representable DateTime.", name)
    })
}

/// Adds months; the day is the last of the month if there is no such day.
pub fn add_months(ticks: i64, months: i64, name: &str) -> Outcome<i64> {
    let (year, month, day) = date(ticks);
    let total = (year * 12 + month - 1).saturating_add(months);
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    if !(1..=9999).contains(&year) {
        return checked(None, name);
    }
    let day = day.min(days_in_month(year, month));
    checked(Some(days_before(year, month, day) * DAY + ticks.rem_euclid(DAY)), name)
}

/// Adds a number of units, to the millisecond as .NET does.
pub fn span(value: f64, unit: i64) -> Outcome<TimeSpan> {
    if value.is_nan() {
        let message = "TimeSpan does not accept floating point Not-a-Number values.";
        return crate::failure::throw("System.ArgumentException", message);
    }
    let ticks = value * unit as f64;
    if ticks.abs() > i64::MAX as f64 {
        return crate::failure::throw(
            "System.OverflowException",
            "TimeSpan overflowed because the duration is too long.",
        );
    }
    Ok(TimeSpan { ticks: ticks.trunc() as i64 })
}

impl DateTime {
    /// 0001-01-01
    pub const MIN: Self = Self { ticks: 0, kind: Kind::Unspecified };
    /// The end of 9999.
    pub const MAX: Self = Self { ticks: MAX, kind: Kind::Unspecified };

    /// The time `milliseconds` after 1970.
    pub fn unix(milliseconds: i64) -> Self {
        Self { ticks: UNIX + milliseconds * 10_000, kind: Kind::Utc }
    }

    /// Adds 100 ns.
    pub fn add(self, ticks: i64) -> Outcome<Self> {
        Ok(Self { ticks: checked(self.ticks.checked_add(ticks), "value")?, ..self })
    }

    /// `ToString(format)`
    pub fn format(&self, format: &str) -> Outcome<String> {
        let pattern = match format {
            "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
            "U" | "F" => "dddd, dd MMMM yyyy HH:mm:ss",
            other => standard(other)?,
        };
        Ok(custom(self.ticks, self.zone(), pattern))
    }

    fn zone(&self) -> Zone {
        match self.kind {
            Kind::Unspecified => Zone::None,
            Kind::Utc => Zone::Utc,
            Kind::Local => Zone::Offset(0),
        }
    }
}

impl DateTimeOffset {
    /// 0001-01-01 in UTC.
    pub const MIN: Self = Self { ticks: 0, offset: 0 };

    /// The moment in UTC.
    pub fn utc_ticks(&self) -> i64 {
        self.ticks - i64::from(self.offset) * 60 * SECOND
    }

    /// Milliseconds since 1970.
    pub fn unix_milliseconds(&self) -> i64 {
        (self.utc_ticks() - UNIX).div_euclid(10_000)
    }

    /// `ToString(format)`; the default format shows the offset.
    pub fn format(&self, format: &str) -> Outcome<String> {
        let (ticks, zone) = (self.ticks, Zone::Offset(self.offset));
        Ok(match format {
            "" => custom(ticks, zone, "MM/dd/yyyy HH:mm:ss zzz"),
            "o" | "O" => custom(ticks, zone, "yyyy-MM-ddTHH:mm:ss.fffffffzzz"),
            "r" | "R" | "u" => custom(self.utc_ticks(), zone, standard(format)?),
            other => custom(ticks, zone, standard(other)?),
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Zone {
    None,
    Utc,
    Offset(i32),
}

fn standard(format: &str) -> Outcome<&str> {
    Ok(match format {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" | "" => "MM/dd/yyyy HH:mm:ss",
        "m" | "M" => "MMMM dd",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ss'Z'",
        "y" | "Y" => "yyyy MMMM",
        other if other.chars().count() == 1 => {
            return Err(format_exception("Input string was not in a correct format."));
        }
        other => other,
    })
}

fn custom(ticks: i64, zone: Zone, pattern: &str) -> String {
    let characters: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = characters.get(at).copied() {
        let run = characters.iter().skip(at).take_while(|other| **other == c).count();
        match c {
            '\'' | '"' => {
                let quoted: String =
                    characters.iter().skip(at + 1).take_while(|other| **other != c).collect();
                at += quoted.chars().count() + 2;
                out.push_str(&quoted);
                continue;
            }
            '\\' => {
                out.extend(characters.get(at + 1));
                at += 2;
                continue;
            }
            '%' => {
                at += 1;
                continue;
            }
            _ => part(&mut out, ticks, zone, (c, run)),
        }
        at += run;
    }
    out
}

fn part(out: &mut String, ticks: i64, zone: Zone, (letter, width): (char, usize)) {
    let (year, month, day) = date(ticks);
    let seconds = ticks.rem_euclid(DAY) / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let pad = |number: i64| format!("{number:0>0$}", width.min(2));
    let name = |names: &[&str], index: i64, short: bool| {
        let name =
            usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default();
        name.get(..3).filter(|_| short).unwrap_or(name).to_owned()
    };
    let text = match letter {
        'y' if width <= 2 => pad(year % 100),
        'y' => format!("{year:0>width$}"),
        'M' if width >= 3 => name(&MONTHS, month - 1, width == 3),
        'M' => pad(month),
        'd' if width >= 3 => name(&DAYS, (ticks / DAY + 1) % 7, width == 3),
        'd' => pad(day),
        'H' => pad(hour),
        'h' => pad((hour + 11) % 12 + 1),
        'm' => pad(minute),
        's' => pad(second),
        't' => (if hour < 12 { "AM" } else { "PM" })[..width.min(2)].to_owned(),
        'f' | 'F' => {
            let digits = format!("{:07}", ticks.rem_euclid(SECOND));
            let digits = digits.get(..width.min(7)).unwrap_or_default();
            if letter == 'f' {
                digits.to_owned()
            } else {
                let digits = digits.trim_end_matches('0');
                if digits.is_empty() && out.ends_with('.') {
                    out.pop();
                }
                digits.to_owned()
            }
        }
        'K' => match zone {
            Zone::None => String::new(),
            Zone::Utc => "Z".to_owned(),
            Zone::Offset(minutes) => offset(minutes, 3),
        },
        'z' => offset(if let Zone::Offset(minutes) = zone { minutes } else { 0 }, width),
        'g' => "A.D.".to_owned(),
        other => other.to_string().repeat(width),
    };
    out.push_str(&text);
}

fn offset(minutes: i32, width: usize) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    match width {
        1 => format!("{sign}{hours}"),
        2 => format!("{sign}{hours:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}"),
    }
}

impl TimeSpan {
    /// `ToString(format)`
    pub fn format(self, format: &str) -> Outcome<String> {
        let ticks = self.ticks.unsigned_abs();
        let second = SECOND.unsigned_abs();
        let (days, seconds, fraction) = (ticks / DAY.unsigned_abs(), ticks / second % 86_400, ticks % second);
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let sign = if self.ticks < 0 { "-" } else { "" };
        let tail = if fraction == 0 { String::new() } else { format!(".{fraction:07}") };
        Ok(match format {
            "" | "c" | "t" | "T" => {
                let days = if days == 0 { String::new() } else { format!("{days}.") };
                format!("{sign}{days}{h:02}:{m:02}:{s:02}{tail}")
            }
            "g" => {
                let days = if days == 0 { String::new() } else { format!("{days}:") };
                format!("{sign}{days}{h}:{m:02}:{s:02}{}", tail.trim_end_matches('0'))
            }
            "G" => format!("{sign}{days}:{h:02}:{m:02}:{s:02}.{fraction:07}"),
            other => span_custom(other, [days, h, m, s, fraction])?,
        })
    }
}

fn span_custom(pattern: &str, [days, h, m, s, fraction]: [u64; 5]) -> Outcome<String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\\' {
            out.extend(rest.next());
            continue;
        }
        if c == '\'' {
            out.extend(rest.by_ref().take_while(|c| *c != '\''));
            continue;
        }
        let mut width = 1;
        while rest.next_if_eq(&c).is_some() {
            width += 1;
        }
        match c {
            'd' => out.extend(format!("{days:0>width$}").chars()),
            'h' => out.extend(format!("{h:0>width$}").chars()),
            'm' => out.extend(format!("{m:0>width$}").chars()),
            's' => out.extend(format!("{s:0>width$}").chars()),
            'f' => out.extend(format!("{fraction:07}").chars().take(width)),
            'F' => {
                let digits: String = format!("{fraction:07}").chars().take(width).collect();
                out.push_str(digits.trim_end_matches('0'));
            }
            '%' => {}
            _ => return Err(format_exception("Input string was not in a correct format.")),
        }
    }
    Ok(out)
}

/// `+` and `-` between times.
pub fn arithmetic(op: Op, left: &Value, right: &Value) -> Outcome {
    let sum = |a: i64, b: i64| if op == Op::Subtract { a.checked_sub(b) } else { a.checked_add(b) };
    Ok(match (left, right) {
        (Value::DateTime(a), Value::TimeSpan(b)) => {
            Value::DateTime(DateTime { ticks: checked(sum(a.ticks, b.ticks), "t")?, ..*a })
        }
        (Value::DateTime(a), Value::DateTime(b)) => Value::TimeSpan(TimeSpan { ticks: a.ticks - b.ticks }),
        (Value::DateTimeOffset(a), Value::TimeSpan(b)) => {
            let ticks = checked(sum(a.ticks, b.ticks), "t")?;
            Value::DateTimeOffset(DateTimeOffset { ticks, ..*a })
        }
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => {
            Value::TimeSpan(TimeSpan { ticks: a.utc_ticks() - b.utc_ticks() })
        }
        (Value::TimeSpan(a), Value::TimeSpan(b)) => {
            let message = "TimeSpan overflowed because the duration is too long.";
            let overflowed = || crate::failure::exception("System.OverflowException", message);
            Value::TimeSpan(TimeSpan { ticks: sum(a.ticks, b.ticks).ok_or_else(overflowed)? })
        }
        _ => Value::Null,
    })
}
