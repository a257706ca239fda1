//! `System.String` and `StringSplitOptions`; how strings are compared and searched has files of its own.

use super::string_compare::fold;
use crate::failure::{Outcome, null_argument, out_of_range};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::collect;
use crate::run::{Machine, convert};
use crate::text::{Str, Text};
use crate::ty::Type;
use crate::value::Value;

pub const fn enumeration(name: &'static str, members: &'static [(&'static str, i32)]) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Enum(members), bases: &[], members: &[], missing: &[] }
}

pub const SPLIT_OPTIONS: TypeRow =
    enumeration("System.StringSplitOptions", &[("None", 0), ("RemoveEmptyEntries", 1), ("TrimEntries", 2)]);

pub fn upper(text: &Str) -> Str {
    match text.ascii() {
        Some(text) => Str::from(text.to_ascii_uppercase()),
        None => text.map(super::character::upper),
    }
}

fn lower(text: &Str) -> Str {
    match text.ascii() {
        Some(text) => Str::from(text.to_ascii_lowercase()),
        None => text.map(super::character::lower),
    }
}

/// A string or a character as a string.
pub fn part(value: &Value) -> Outcome<Str> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Char(unit) => Ok(Str::from_units(&[*unit])),
        _ => Err(null_argument("value")),
    }
}

fn blank(unit: u16) -> bool {
    char::from_u32(u32::from(unit)).is_some_and(char::is_whitespace)
}

pub fn set(value: &Value) -> Vec<u16> {
    match value {
        Value::Array(items) => {
            items.lock().iter().map(|item| crate::run::arithmetic::integer(item) as u16).collect()
        }
        Value::Char(unit) => vec![*unit],
        _ => Vec::new(),
    }
}

fn trim(m: &mut Machine<'_>, c: Call<'_>, (start, end): (bool, bool)) -> Outcome {
    let text = c.text(0)?;
    let set = set(c.value(1));
    let cut = |unit: &u16| if set.is_empty() { blank(*unit) } else { set.contains(unit) };
    let units = text.units();
    let mut rest: &[u16] = &units;
    while let Some((first, tail)) = rest.split_first().filter(|(first, _)| start && cut(first)) {
        debug_assert!(cut(first));
        rest = tail;
    }
    while let Some((last, head)) = rest.split_last().filter(|(last, _)| end && cut(last)) {
        debug_assert!(cut(last));
        rest = head;
    }
    m.string(Str::from_units(rest))
}

fn substring(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let (start, length) = (c.integer(1), text.len() as i64);
    if start < 0 {
        return Err(out_of_range("StartIndex cannot be less than zero.", "startIndex"));
    }
    if start > length {
        return Err(out_of_range("startIndex cannot be larger than length of string.", "startIndex"));
    }
    let count = if c.sets(2) { c.integer(2) } else { length - start };
    if count < 0 {
        return Err(out_of_range("Length cannot be less than zero.", "length"));
    }
    match text.slice(start as usize, count as usize) {
        Some(part) => m.string(part),
        None => Err(out_of_range("Index and length must refer to a location within the string.", "length")),
    }
}

pub const OUTSIDE: &str =
    "Index was out of range. Must be non-negative and less than the size of the collection.";
pub const COUNT: &str =
    "Count must be positive and count must refer to a location within the string/array/collection.";

fn replace(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let old = part(c.value(1)).map_err(|_| null_argument("oldValue"))?;
    let new = if c.value(2).is_null() { Str::from("") } else { part(c.value(2))? };
    if old.is_empty() {
        return crate::failure::throw(
            "System.ArgumentException",
            "The value cannot be an empty string. (Parameter 'oldValue')",
        );
    }
    if let (Some(text), Some(old), Some(new)) = (text.ascii(), old.ascii(), new.ascii()) {
        let count = text.matches(old).count();
        m.charge(count.saturating_mul(new.len()) + text.len())?;
        return m.string(text.replace(old, new));
    }
    let mut out = Text::default();
    let mut at = 0;
    while let Some(found) = text.find(&old, at) {
        m.charge(found - at + new.len())?;
        out.push(&text.slice(at, found - at).unwrap_or_else(|| Str::from("")));
        out.push(&new);
        at = found + old.len();
    }
    out.push(&text.slice(at, text.len() - at).unwrap_or_else(|| Str::from("")));
    m.string(out.finish())
}

/// `Replace` that may ignore the case.
fn replace_by(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let old = part(c.value(1)).map_err(|_| null_argument("oldValue"))?;
    if old.is_empty() {
        let message = "String cannot be of zero length. (Parameter 'oldValue')";
        return crate::failure::throw("System.ArgumentException", message);
    }
    let new = if c.value(2).is_null() { Str::from("") } else { part(c.value(2))? };
    let (folded, needle) = (fold(text, c.value(3)), fold(&old, c.value(3)));
    let mut out = Text::default();
    let mut at = 0;
    while let Some(found) = folded.find(&needle, at) {
        m.charge(found - at + new.len())?;
        out.push(&text.slice(at, found - at).unwrap_or_else(|| Str::from("")));
        out.push(&new);
        at = found + old.len();
    }
    out.push(&text.slice(at, text.len() - at).unwrap_or_else(|| Str::from("")));
    m.string(out.finish())
}

fn split(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let (mut most, mut options) = (usize::MAX, 0);
    for argument in c.arguments.iter().skip(2) {
        match argument {
            Value::Enum(_, value) => options = *value,
            other => {
                let count = crate::run::arithmetic::integer(other);
                most = usize::try_from(count)
                    .map_err(|_| out_of_range("Count cannot be less than zero.", "count"))?;
            }
        }
    }
    if most == 0 || (most == 1 && options == 0) {
        let parts = if most == 0 { Vec::new() } else { vec![Value::String(text.clone())] };
        return Ok(Value::array(Type::STRING, parts));
    }
    let mut blanks = true;
    let separators: Vec<Str> = match c.value(1) {
        Value::Array(items) => {
            let items = items.lock();
            blanks = items.is_empty();
            items.iter().filter_map(|item| part(item).ok()).filter(|s| !s.is_empty()).collect()
        }
        Value::Null => Vec::new(),
        other => {
            blanks = false;
            Some(part(other)?).into_iter().filter(|s| !s.is_empty()).collect()
        }
    };
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    let units = text.units();
    while at < units.len() && parts.len() + 1 < most {
        m.tick()?;
        let rest = units.get(at..).unwrap_or_default();
        let width = if blanks {
            rest.first().filter(|unit| blank(**unit)).map(|_| 1)
        } else {
            separators.iter().find(|s| rest.starts_with(&s.units())).map(Str::len)
        };
        match width {
            Some(width) => {
                m.charge(96)?;
                keep(&mut parts, &units[start..at], options);
                at += width;
                start = at;
            }
            None => at += 1,
        }
    }
    keep(&mut parts, &units[start..], options);
    m.charge(units.len())?;
    Ok(Value::array(Type::STRING, parts))
}

fn keep(parts: &mut Vec<Value>, units: &[u16], options: i32) {
    let mut units = units;
    if options & 2 != 0 {
        while units.first().is_some_and(|unit| blank(*unit)) {
            units = &units[1..];
        }
        while units.last().is_some_and(|unit| blank(*unit)) {
            units = &units[..units.len() - 1];
        }
    }
    if options & 1 == 0 || !units.is_empty() {
        parts.push(Value::String(Str::from_units(units)));
    }
}

fn join(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let separator = if c.value(0).is_null() { Str::from("") } else { part(c.value(0))? };
    let mut out = Text::default();
    if c.value(1).is_null() {
        return Err(null_argument("value"));
    }
    for (index, item) in collect(m, c.value(1))?.iter().enumerate() {
        if index > 0 {
            out.push(&separator);
        }
        out.push(&convert::text(m, item)?);
    }
    m.string(out.finish())
}

fn concat(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut out = Text::default();
    let items = match c.arguments {
        [Value::Null] => return Err(null_argument("values")),
        [only @ (Value::Array(_) | Value::List(_) | Value::Sequence(_))] => collect(m, only)?,
        arguments => arguments.to_vec(),
    };
    for item in items {
        out.push(&convert::text(m, &item)?);
    }
    m.string(out.finish())
}

/// A part of an array of characters for a new string.
fn part_of(units: &[u16], (start, length): (i64, i64), null: bool) -> Outcome<Vec<u16>> {
    if null {
        return Err(null_argument("value"));
    }
    if start < 0 {
        return Err(out_of_range("StartIndex cannot be less than zero.", "startIndex"));
    }
    if length < 0 {
        return Err(out_of_range("Length cannot be less than zero.", "length"));
    }
    let part = units.get(start as usize..(start + length) as usize);
    part.map(<[u16]>::to_vec).ok_or_else(|| out_of_range(OUTSIDE, "startIndex"))
}

/// `Join` of a part of an array.
fn join_part(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let Value::Array(items) = c.value(1) else { return Err(null_argument("value")) };
    let items = items.lock().clone();
    let (start, count) = (c.integer(2), c.integer(3));
    if start < 0 {
        return Err(out_of_range("StartIndex cannot be less than zero.", "startIndex"));
    }
    if count < 0 {
        return Err(out_of_range("Count cannot be less than zero.", "count"));
    }
    let Some(part) = items.get(start as usize..(start + count) as usize) else {
        return Err(out_of_range(
            "Index and count must refer to a location within the buffer.",
            "startIndex",
        ));
    };
    let list = Value::array(Type::STRING, part.to_vec());
    join(m, Call { arguments: &[c.value(0).clone(), list], ..c })
}

fn pad(m: &mut Machine<'_>, c: Call<'_>, left: bool) -> Outcome {
    let text = c.text(0)?;
    let unit = if c.sets(2) { c.integer(2) as u16 } else { 32 };
    let Ok(width) = usize::try_from(c.integer(1)) else {
        return Err(out_of_range("Non-negative number required.", "totalWidth"));
    };
    let missing = width.saturating_sub(text.len());
    m.charge(missing.saturating_mul(4))?;
    let padding = Str::from_units(&vec![unit; missing]);
    let mut out = Text::default();
    let (first, second) = if left { (&padding, text) } else { (text, &padding) };
    out.push(first);
    out.push(second);
    m.string(out.finish())
}

const MEMBERS: &[(&str, Run)] = &[
    ("new(char c, int count)", |m, c| {
        let count = usize::try_from(c.integer(1))
            .map_err(|_| out_of_range("Count cannot be less than zero.", "count"))?;
        m.charge(count.saturating_mul(4))?;
        m.string(Str::from_units(&vec![c.integer(0) as u16; count]))
    }),
    ("new(char[] value)", |m, c| m.string(Str::from_units(&set(c.value(0))))),
    ("new(char[] value, int startIndex, int length)", |m, c| {
        let units = part_of(&set(c.value(0)), (c.integer(1), c.integer(2)), c.value(0).is_null())?;
        m.string(Str::from_units(&units))
    }),
    ("static string Empty { get; }", |_, _| Ok(Value::String(Str::literal("")))),
    ("int Length { get; }", |_, c| Ok(Value::Int(c.text(0)?.len() as i32))),
    ("char this[int index] { get; }", |_, c| {
        let unit = usize::try_from(c.integer(1)).ok().and_then(|at| c.text(0).ok()?.unit(at));
        let missing = || match c.text(0) {
            Ok(_) => crate::failure::exception(
                "System.IndexOutOfRangeException",
                "Index was outside the bounds of the array.",
            ),
            Err(null) => null,
        };
        unit.map(Value::Char).ok_or_else(missing)
    }),
    ("static bool IsNullOrEmpty(string value)", |_, c| {
        Ok(Value::Bool(!matches!(c.value(0), Value::String(text) if !text.is_empty())))
    }),
    ("static bool IsNullOrWhiteSpace(string value)", |_, c| {
        Ok(Value::Bool(
            !matches!(c.value(0), Value::String(text) if !text.units().iter().all(|unit| blank(*unit))),
        ))
    }),
    ("static string Format(string format, params object[] args)", |m, c| {
        if !matches!(c.value(0), Value::String(_)) {
            return Err(null_argument("format"));
        }
        if c.value(1).is_null() {
            return Err(null_argument("args"));
        }
        let arguments = collect(m, c.value(1))?;
        let text = crate::format::composite(m, c.text(0)?, &arguments)?;
        m.string(text)
    }),
    ("static string Join(string separator, params string[] value)", join),
    ("static string Join(char separator, params string[] value)", join),
    ("static string Join(char separator, params object[] values)", join),
    ("static string Join(string separator, string[] value, int startIndex, int count)", join_part),
    ("static string Join(char separator, string[] value, int startIndex, int count)", join_part),
    ("static string Join(string separator, params object[] values)", join),
    ("static string Join<T>(string separator, IEnumerable<T> values)", join),
    ("static string Join<T>(char separator, IEnumerable<T> values)", join),
    ("static string Concat(object arg0)", concat),
    ("static string Concat(string str0, string str1)", concat),
    ("static string Concat(string str0, string str1, string str2)", concat),
    ("static string Concat(object arg0, object arg1)", concat),
    ("static string Concat(object arg0, object arg1, object arg2)", concat),
    ("static string Concat(params string[] values)", concat),
    ("static string Concat(params object[] args)", concat),
    ("static string Concat<T>(IEnumerable<T> values)", |m, c| {
        let mut out = Text::default();
        for item in collect(m, c.value(0))? {
            out.push(&convert::text(m, &item)?);
        }
        m.string(out.finish())
    }),
    ("string ToString()", |_, c| c.text(0).map(|text| Value::String(text.clone()))),
    ("string Replace(string oldValue, string newValue, StringComparison comparisonType)", replace_by),
    ("string Substring(int startIndex)", substring),
    ("string Substring(int startIndex, int length)", substring),
    ("string Replace(char oldChar, char newChar)", replace),
    ("string Replace(string oldValue, string newValue)", replace),
    ("string[] Split(params char[] separator)", split),
    ("string[] Split(char separator, StringSplitOptions options = 0)", split),
    ("string[] Split(char separator, int count, StringSplitOptions options = 0)", split),
    ("string[] Split(char[] separator, int count)", split),
    ("string[] Split(char[] separator, StringSplitOptions options)", split),
    ("string[] Split(char[] separator, int count, StringSplitOptions options)", split),
    ("string[] Split(string separator, StringSplitOptions options = 0)", split),
    ("string[] Split(string separator, int count, StringSplitOptions options = 0)", split),
    ("string[] Split(string[] separator, StringSplitOptions options)", split),
    ("string[] Split(string[] separator, int count, StringSplitOptions options)", split),
    ("string Trim(params char[] trimChars)", |m, c| trim(m, c, (true, true))),
    ("string TrimStart(params char[] trimChars)", |m, c| trim(m, c, (true, false))),
    ("string TrimEnd(params char[] trimChars)", |m, c| trim(m, c, (false, true))),
    ("string ToUpper()", |m, c| m.string(upper(c.text(0)?))),
    ("string ToUpperInvariant()", |m, c| m.string(upper(c.text(0)?))),
    ("string ToLower()", |m, c| m.string(lower(c.text(0)?))),
    ("string ToLowerInvariant()", |m, c| m.string(lower(c.text(0)?))),
    ("string PadLeft(int totalWidth)", |m, c| pad(m, c, true)),
    ("string PadLeft(int totalWidth, char paddingChar)", |m, c| pad(m, c, true)),
    ("string PadRight(int totalWidth)", |m, c| pad(m, c, false)),
    ("string PadRight(int totalWidth, char paddingChar)", |m, c| pad(m, c, false)),
    ("string Remove(int startIndex)", |m, c| remove(m, c)),
    ("string Remove(int startIndex, int count)", |m, c| remove(m, c)),
    ("string Insert(int startIndex, string value)", |m, c| {
        let text = c.text(0)?;
        let Value::String(part) = c.value(2) else { return Err(null_argument("value")) };
        let at = usize::try_from(c.integer(1)).ok().filter(|at| *at <= text.len());
        let Some(at) = at else {
            return Err(out_of_range(
                "Specified argument was out of the range of valid values.",
                "startIndex",
            ));
        };
        let mut out = Text::default();
        out.push(&text.slice(0, at).unwrap_or_else(|| Str::from("")));
        out.push(part);
        out.push(&text.slice(at, text.len() - at).unwrap_or_else(|| Str::from("")));
        m.string(out.finish())
    }),
    ("char[] ToCharArray(int startIndex, int length)", |_, c| {
        let (units, start, count) = (c.text(0)?.units(), c.integer(1), c.integer(2));
        if start < 0 || start > units.len() as i64 || start > units.len() as i64 - count {
            return Err(out_of_range(OUTSIDE, "startIndex"));
        }
        if count < 0 {
            return Err(out_of_range(OUTSIDE, "length"));
        }
        let part = units.get(start as usize..(start + count) as usize).unwrap_or_default();
        Ok(Value::array(Type::CHAR, part.iter().map(|unit| Value::Char(*unit)).collect()))
    }),
    ("char[] ToCharArray()", |m, c| {
        let units = c.text(0)?.units();
        m.charge(units.len() * 24)?;
        Ok(Value::array(Type::CHAR, units.iter().map(|unit| Value::Char(*unit)).collect()))
    }),
];

fn remove(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let (start, length) = (c.integer(1), text.len() as i64);
    if start < 0 {
        return Err(out_of_range("StartIndex cannot be less than zero.", "startIndex"));
    }
    if !c.sets(2) && start >= length {
        return Err(out_of_range("startIndex must be less than length of string.", "startIndex"));
    }
    let count = if c.sets(2) { c.integer(2) } else { length - start };
    if count < 0 {
        return Err(out_of_range("Count cannot be less than zero.", "count"));
    }
    if count > length - start {
        return Err(out_of_range("Index and count must refer to a location within the string.", "count"));
    }
    let (start, rest) = (start as usize, (start + count) as usize);
    let mut out = Text::default();
    out.push(&text.slice(0, start).unwrap_or_else(|| Str::from("")));
    out.push(&text.slice(rest, text.len() - rest).unwrap_or_else(|| Str::from("")));
    m.string(out.finish())
}

pub const STRING: TypeRow = TypeRow {
    name: "System.String",
    generics: &[],
    form: Form::Class,
    bases: &["IEnumerable<char>"],
    members: MEMBERS,
    missing: &["Normalize", "CopyTo"],
};
