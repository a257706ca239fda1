//! Searching strings: `IndexOf`, `LastIndexOf`, `Contains`, `StartsWith` and their variants.
//!
//! **Differs from Azure:** searches that take the culture into account are ordinal ones.

use super::string::{COUNT, OUTSIDE, part, set};
use super::string_compare::fold;
use crate::failure::{Outcome, null_argument, out_of_range};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::arithmetic;
use crate::value::Value;

/// `startIndex`, `count` and the comparison that follow the value searched for.
struct Range<'a> {
    start: Option<i64>,
    count: Option<i64>,
    comparison: &'a Value,
}

impl<'a> Range<'a> {
    fn read(c: Call<'a>) -> Self {
        let mut range = Self { start: None, count: None, comparison: &Value::Null };
        for argument in c.arguments.iter().skip(2) {
            match argument {
                Value::Enum(..) => range.comparison = argument,
                other if range.start.is_none() => range.start = Some(arithmetic::integer(other)),
                other => range.count = Some(arithmetic::integer(other)),
            }
        }
        range
    }

    /// The part of a text of `length` that is searched forwards.
    fn forwards(&self, length: i64) -> Outcome<(usize, usize)> {
        let start = self.start.unwrap_or(0);
        if !(0..=length).contains(&start) {
            return Err(out_of_range(OUTSIDE, "startIndex"));
        }
        let count = self.count.unwrap_or(length - start);
        if count < 0 || count > length - start {
            return Err(out_of_range(COUNT, "count"));
        }
        Ok((start as usize, (start + count) as usize))
    }

    /// The part that is searched backwards.
    fn backwards(&self, length: i64) -> Outcome<(usize, usize)> {
        if length == 0 {
            return Ok((0, 0));
        }
        let mut start = self.start.unwrap_or(length - 1);
        if start < 0 || start > length {
            return Err(out_of_range(OUTSIDE, "startIndex"));
        }
        let mut count = self.count.unwrap_or(start + 1);
        if start == length {
            start -= 1;
            count -= i64::from(count > 0);
        }
        if count < 0 || start - count + 1 < 0 {
            return Err(out_of_range(COUNT, "count"));
        }
        Ok(((start - count + 1) as usize, (start + 1) as usize))
    }
}

fn index_of(c: Call<'_>, last: bool) -> Outcome {
    let text = c.text(0)?;
    let range = Range::read(c);
    let length = text.len() as i64;
    if !range.comparison.is_null() {
        part(c.value(1))?;
    }
    if last
        && length == 0
        && range.start.is_some_and(|start| start > 0)
        && !matches!(c.value(1), Value::Char(_))
    {
        return Err(out_of_range(OUTSIDE, "startIndex"));
    }
    let (from, to) = if last { range.backwards(length)? } else { range.forwards(length)? };
    let needle = part(c.value(1))?;
    let (text, needle) = (fold(text, range.comparison), fold(&needle, range.comparison));
    let (text, needle) = (text.units(), needle.units());
    if needle.is_empty() {
        let at = if !last || text.is_empty() {
            from
        } else {
            to - usize::from(range.start.is_some() || to == text.len())
        };
        return Ok(Value::Int(at as i32));
    }
    let part = text.get(from..to).unwrap_or_default();
    let found = crate::text::search(part, &needle, last);
    Ok(Value::Int(found.map_or(-1, |at| (at + from) as i32)))
}

fn index_of_any(c: Call<'_>, last: bool) -> Outcome {
    let text = c.text(0)?;
    if c.value(1).is_null() {
        return Err(null_argument("anyOf"));
    }
    let set = set(c.value(1));
    let range = Range::read(c);
    let length = text.len() as i64;
    let (from, to) = if last { range.backwards(length)? } else { range.forwards(length)? };
    let units = text.units();
    let part = units.get(from..to).unwrap_or_default();
    let hit = |unit: &u16| set.contains(unit);
    let found = if last { part.iter().rposition(hit) } else { part.iter().position(hit) };
    Ok(Value::Int(found.map_or(-1, |at| (at + from) as i32)))
}

fn contains(c: Call<'_>) -> Outcome {
    Ok(Value::Bool(arithmetic::integer(&index_of(c, false)?) >= 0))
}

fn edge(c: Call<'_>, end: bool) -> Outcome {
    let text = fold(c.text(0)?, c.value(2));
    let part = fold(&part(c.value(1))?, c.value(2));
    let (text, part) = (text.units(), part.units());
    Ok(Value::Bool(if end { text.ends_with(&part) } else { text.starts_with(&part) }))
}

const MEMBERS: &[(&str, Run)] = &[
    ("int IndexOf(char value)", |_, c| index_of(c, false)),
    ("int IndexOf(char value, int startIndex)", |_, c| index_of(c, false)),
    ("int IndexOf(char value, int startIndex, int count)", |_, c| index_of(c, false)),
    ("int IndexOf(string value)", |_, c| index_of(c, false)),
    ("int IndexOf(string value, int startIndex)", |_, c| index_of(c, false)),
    ("int IndexOf(string value, int startIndex, int count)", |_, c| index_of(c, false)),
    ("int IndexOf(string value, StringComparison comparisonType)", |_, c| index_of(c, false)),
    ("int IndexOf(string value, int startIndex, StringComparison comparisonType)", |_, c| index_of(c, false)),
    ("int IndexOf(string value, int startIndex, int count, StringComparison comparisonType)", |_, c| {
        index_of(c, false)
    }),
    ("int IndexOf(char value, StringComparison comparisonType)", |_, c| index_of(c, false)),
    ("int IndexOfAny(char[] anyOf)", |_, c| index_of_any(c, false)),
    ("int IndexOfAny(char[] anyOf, int startIndex)", |_, c| index_of_any(c, false)),
    ("int IndexOfAny(char[] anyOf, int startIndex, int count)", |_, c| index_of_any(c, false)),
    ("int LastIndexOf(char value)", |_, c| index_of(c, true)),
    ("int LastIndexOf(char value, int startIndex)", |_, c| index_of(c, true)),
    ("int LastIndexOf(char value, int startIndex, int count)", |_, c| index_of(c, true)),
    ("int LastIndexOf(string value)", |_, c| index_of(c, true)),
    ("int LastIndexOf(string value, int startIndex)", |_, c| index_of(c, true)),
    ("int LastIndexOf(string value, int startIndex, int count)", |_, c| index_of(c, true)),
    ("int LastIndexOf(string value, StringComparison comparisonType)", |_, c| index_of(c, true)),
    ("int LastIndexOf(string value, int startIndex, StringComparison comparisonType)", |_, c| {
        index_of(c, true)
    }),
    ("int LastIndexOf(string value, int startIndex, int count, StringComparison comparisonType)", |_, c| {
        index_of(c, true)
    }),
    ("int LastIndexOfAny(char[] anyOf)", |_, c| index_of_any(c, true)),
    ("int LastIndexOfAny(char[] anyOf, int startIndex)", |_, c| index_of_any(c, true)),
    ("int LastIndexOfAny(char[] anyOf, int startIndex, int count)", |_, c| index_of_any(c, true)),
    ("bool Contains(string value)", |_, c| contains(c)),
    ("bool Contains(string value, StringComparison comparisonType)", |_, c| contains(c)),
    ("bool Contains(char value)", |_, c| contains(c)),
    ("bool Contains(char value, StringComparison comparisonType)", |_, c| contains(c)),
    ("bool StartsWith(string value)", |_, c| edge(c, false)),
    ("bool StartsWith(char value)", |_, c| edge(c, false)),
    ("bool StartsWith(string value, StringComparison comparisonType)", |_, c| edge(c, false)),
    ("bool EndsWith(string value)", |_, c| edge(c, true)),
    ("bool EndsWith(char value)", |_, c| edge(c, true)),
    ("bool EndsWith(string value, StringComparison comparisonType)", |_, c| edge(c, true)),
];

pub const SEARCHED: TypeRow = TypeRow {
    name: "System.String",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: MEMBERS,
    missing: &[],
};
