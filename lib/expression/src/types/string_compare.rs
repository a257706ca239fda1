//! Comparing strings: `Compare`, `CompareTo`, `Equals`, and `StringComparison`.
//!
//! **Differs from Azure:** comparisons that take the culture into account are those of the invariant one.

use super::string::{OUTSIDE, upper};
use crate::failure::{Outcome, out_of_range};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::{arithmetic, convert};
use crate::text::Str;
use crate::value::Value;

pub const COMPARISON: TypeRow = super::string::enumeration(
    "System.StringComparison",
    &[
        ("CurrentCulture", 0),
        ("CurrentCultureIgnoreCase", 1),
        ("InvariantCulture", 2),
        ("InvariantCultureIgnoreCase", 3),
        ("Ordinal", 4),
        ("OrdinalIgnoreCase", 5),
    ],
);

pub fn fold(text: &Str, comparison: &Value) -> Str {
    if arithmetic::integer(comparison) % 2 == 1 { upper(text) } else { text.clone() }
}

fn equals(c: Call<'_>) -> Outcome {
    Ok(Value::Bool(match (c.value(0), c.value(1)) {
        (Value::String(a), Value::String(b)) => fold(a, c.value(2)) == fold(b, c.value(2)),
        (a, b) => a.is_null() && b.is_null(),
    }))
}

/// The difference of the first units that differ, or of the lengths.
fn ordinal(a: &Str, b: &Str) -> i32 {
    let (a, b) = (a.units(), b.units());
    if a.is_empty() != b.is_empty() {
        let first = |units: &[u16]| units.first().map_or(0, |unit| i32::from(*unit));
        return first(&a) - first(&b);
    }
    units_differ(&a, &b)
}

/// The difference without a look at what is behind the end.
fn difference(a: &Str, b: &Str) -> i32 {
    units_differ(&a.units(), &b.units())
}

fn units_differ(a: &[u16], b: &[u16]) -> i32 {
    let differing = a.iter().zip(b.iter()).find(|(a, b)| a != b);
    differing.map_or_else(|| a.len() as i32 - b.len() as i32, |(a, b)| i32::from(*a) - i32::from(*b))
}

/// `Compare` of parts of two strings; each way to compare checks the parts in its own words.
fn compare_parts(c: Call<'_>, is_ordinal: bool) -> Outcome {
    let (length, (a, b)) = (c.integer(4), (c.value(0), c.value(2)));
    let exact = is_ordinal || matches!(c.value(5), Value::Enum(..));
    if exact && length < 0 && !(is_ordinal && (a.is_null() || b.is_null())) {
        let what = if is_ordinal { "Count" } else { "Length" };
        return Err(out_of_range(&format!("{what} cannot be less than zero."), "length"));
    }
    if a.is_null() || b.is_null() {
        return compare(Call { arguments: &[a.clone(), b.clone()], ..c });
    }
    let (first, second) = (c.text(0)?, c.text(2)?);
    let (start_a, start_b) = (c.integer(1), c.integer(3));
    let count = |text: &Str, start: i64| length.min(text.len() as i64 - start);
    let (count_a, count_b) = (count(first, start_a), count(second, start_b));
    if exact {
        for (start, count, name) in [(start_a, count_a, "indexA"), (start_b, count_b, "indexB")] {
            if start < 0 || count < 0 {
                return Err(out_of_range(OUTSIDE, name));
            }
        }
    } else {
        let named = [(count_a, "length1"), (count_b, "length2"), (start_a, "offset1"), (start_b, "offset2")];
        if let Some((_, name)) = named.iter().find(|(number, _)| *number < 0) {
            return Err(out_of_range("Positive number required.", name));
        }
    }
    let part = |text: &Str, start: i64, count: i64| text.slice(start as usize, count as usize);
    let (first, second) = (part(first, start_a, count_a), part(second, start_b, count_b));
    let (Some(first), Some(second)) = (first, second) else {
        return Err(out_of_range("Offset and length must refer to a position in the string.", "string1"));
    };
    let comparison = if is_ordinal { Value::Enum("System.StringComparison", 4) } else { c.value(5).clone() };
    if let Value::Enum(_, 4 | 5) = comparison {
        return Ok(Value::Int(difference(&fold(&first, &comparison), &fold(&second, &comparison))));
    }
    compare(Call { arguments: &[Value::String(first), Value::String(second), comparison], ..c })
}

fn compare(c: Call<'_>) -> Outcome {
    let ignore = c.flag(2) || arithmetic::integer(c.value(2)) % 2 == 1;
    let is_ordinal = matches!(c.value(2), Value::Enum(_, 4 | 5));
    Ok(Value::Int(match (c.value(0), c.value(1)) {
        (Value::String(a), Value::String(b)) => {
            let (a, b) = if ignore { (upper(a), upper(b)) } else { (a.clone(), b.clone()) };
            if is_ordinal && ignore && (a.ascii().is_none() || b.ascii().is_none()) {
                a.units().cmp(&b.units()) as i32
            } else if is_ordinal {
                ordinal(&a, &b)
            } else {
                convert::compare_text(&a, &b) as i32
            }
        }
        (a, b) => i32::from(!a.is_null()) - i32::from(!b.is_null()),
    }))
}

const MEMBERS: &[(&str, Run)] = &[
    ("static bool Equals(string a, string b)", |_, c| equals(c)),
    ("static bool Equals(string a, string b, StringComparison comparisonType)", |_, c| equals(c)),
    ("bool Equals(string value)", |_, c| c.text(0).and_then(|_| equals(c))),
    ("bool Equals(string value, StringComparison comparisonType)", |_, c| c.text(0).and_then(|_| equals(c))),
    ("static int Compare(string strA, string strB)", |_, c| compare(c)),
    ("static int Compare(string strA, string strB, bool ignoreCase)", |_, c| compare(c)),
    ("static int Compare(string strA, string strB, StringComparison comparisonType)", |_, c| compare(c)),
    ("static int Compare(string strA, int indexA, string strB, int indexB, int length)", |_, c| {
        compare_parts(c, false)
    }),
    (
        "static int Compare(string strA, int indexA, string strB, int indexB, int length, bool ignoreCase)",
        |_, c| compare_parts(c, false),
    ),
    (
        "static int Compare(string strA, int indexA, string strB, int indexB, int length, StringComparison comparisonType)",
        |_, c| compare_parts(c, false),
    ),
    ("static int CompareOrdinal(string strA, int indexA, string strB, int indexB, int length)", |_, c| {
        compare_parts(c, true)
    }),
    ("static int CompareOrdinal(string strA, string strB)", |_, c| match (c.value(0), c.value(1)) {
        (Value::String(a), Value::String(b)) => Ok(Value::Int(ordinal(a, b))),
        (a, b) => Ok(Value::Int(i32::from(!a.is_null()) - i32::from(!b.is_null()))),
    }),
    ("int CompareTo(string strB)", |_, c| compare(c)),
    ("int CompareTo(object value)", |_, c| match c.value(1) {
        Value::String(_) | Value::Null => compare(c),
        _ => crate::failure::throw("System.ArgumentException", "Object must be of type String."),
    }),
    ("bool Equals(object obj)", |_, c| c.text(0).and_then(|_| equals(c))),
];

pub const COMPARED: TypeRow = TypeRow {
    name: "System.String",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: MEMBERS,
    missing: &[],
};
