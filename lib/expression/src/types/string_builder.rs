//! `System.Text.StringBuilder`, `StringReader` and `StringWriter`.

use std::any::Any;
use std::sync::Mutex;

use super::host::row;
use crate::failure::{Outcome, null_argument, out_of_range};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::{Machine, convert};
use crate::text::Str;
use crate::value::{Native, Value, lock};

/// UTF-16 code units that can be changed.
#[derive(Debug)]
struct Builder {
    name: &'static str,
    units: Mutex<Vec<u16>>,
}

impl Native for Builder {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Str {
        Str::from_units(&lock(&self.units))
    }
}

fn new(name: &'static str, text: &Value) -> Outcome {
    let units = match text {
        Value::String(text) => text.units().into_owned(),
        _ => Vec::new(),
    };
    Ok(Value::native(Builder { name, units: Mutex::new(units) }))
}

/// Puts text at a place; answers the builder.
fn put(m: &mut Machine<'_>, c: Call<'_>, (at, text): (Option<i64>, &Str)) -> Outcome {
    m.charge(text.len() * 2)?;
    m.ticks(text.len() as u64 / 64)?;
    let mut units = lock(&c.native::<Builder>(0)?.units);
    let at = match at.map(usize::try_from) {
        None => units.len(),
        Some(Ok(at)) if at <= units.len() => at,
        Some(_) => return Err(index_error()),
    };
    m.ticks((units.len() - at) as u64 / 64)?;
    units.splice(at..at, text.units().iter().copied());
    drop(units);
    Ok(c.value(0).clone())
}

fn index_error() -> crate::failure::Throw {
    out_of_range(
        "Index was out of range. Must be non-negative and less than the size of the collection.",
        "index",
    )
}

fn append(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let text = convert::text(m, c.value(1))?;
    put(m, c, (None, &text))
}

fn append_line(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut text = convert::text(m, c.value(1))?.units().into_owned();
    text.push(u16::from(b'\n'));
    put(m, c, (None, &Str::from_units(&text)))
}

fn append_format(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let arguments = match c.value(2) {
        Value::Array(items) => items.lock().clone(),
        _ => Vec::new(),
    };
    let text = crate::format::composite(m, c.text(1)?, &arguments)?;
    put(m, c, (None, &text))
}

fn joined(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let separator = convert::text(m, c.value(1))?;
    for (index, item) in crate::run::sequence::collect(m, c.value(2))?.iter().enumerate() {
        if index > 0 {
            put(m, c, (None, &separator))?;
        }
        let text = convert::text(m, item)?;
        put(m, c, (None, &text))?;
    }
    Ok(c.value(0).clone())
}

fn repeated(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let count = usize::try_from(c.integer(2)).map_err(|_| index_error())?;
    m.charge(count.saturating_mul(2))?;
    let units = vec![c.integer(1) as u16; count];
    put(m, c, (None, &Str::from_units(&units)))
}

const OUTSIDE: &str =
    "Index was out of range. Must be non-negative and less than the size of the collection.";

/// Who asks for a part: each has its own words for one that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Append,
    Remove,
    Text,
}

/// The part that starts at the first number and is as long as the second says.
fn part(length: usize, c: Call<'_>, who: Asks) -> Outcome<std::ops::Range<usize>> {
    let (start, count, length) = (c.integer(1), c.integer(2), length as i64);
    let problem = match who {
        Asks::Append if start < 0 => (OUTSIDE, "startIndex"),
        Asks::Append if count < 0 => ("Value must be positive.", "count"),
        Asks::Append if start > length - count => (OUTSIDE, "startIndex"),
        Asks::Remove if count < 0 => ("Length cannot be less than zero.", "length"),
        _ if start < 0 => ("StartIndex cannot be less than zero.", "startIndex"),
        Asks::Remove if count > length - start => (OUTSIDE, "length"),
        Asks::Text if start > length => ("startIndex cannot be larger than length of string.", "startIndex"),
        Asks::Text if count < 0 => ("Length cannot be less than zero.", "length"),
        Asks::Text if count > length - start => {
            ("Index and length must refer to a location within the string.", "length")
        }
        _ => return Ok(start as usize..(start + count) as usize),
    };
    Err(out_of_range(problem.0, problem.1))
}

fn remove(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut units = lock(&c.native::<Builder>(0)?.units);
    let range = part(units.len(), c, Asks::Remove)?;
    units.drain(range);
    drop(units);
    Ok(c.value(0).clone())
}

fn replace(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let builder = c.native::<Builder>(0)?;
    let (old, new) = (convert::text(m, c.value(1))?, convert::text(m, c.value(2))?);
    if c.value(1).is_null() {
        return Err(null_argument("oldValue"));
    }
    if old.is_empty() {
        return crate::failure::throw(
            "System.ArgumentException",
            "Empty name is not legal. (Parameter 'oldValue')",
        );
    }
    let text = builder.text();
    let (mut out, mut from) = (Vec::new(), 0);
    while let Some(at) = text.find(&old, from) {
        m.charge(new.len() * 2)?;
        out.extend_from_slice(text.slice(from, at - from).unwrap_or(Str::from("")).units().as_ref());
        out.extend_from_slice(&new.units());
        from = at + old.len();
    }
    out.extend_from_slice(text.slice(from, text.len() - from).unwrap_or(Str::from("")).units().as_ref());
    m.charge(out.len())?;
    *lock(&builder.units) = out;
    Ok(c.value(0).clone())
}

fn length(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut units = lock(&c.native::<Builder>(0)?.units);
    if c.sets(1) {
        let length = usize::try_from(c.integer(1)).map_err(|_| index_error())?;
        units.resize(length.min(1 << 20), 0);
    }
    Ok(Value::Int(units.len() as i32))
}

fn unit(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut units = lock(&c.native::<Builder>(0)?.units);
    let place = usize::try_from(c.integer(1)).ok().and_then(|at| units.get_mut(at));
    let Some(place) = place else {
        return crate::failure::throw(
            "System.IndexOutOfRangeException",
            "Index was outside the bounds of the array.",
        );
    };
    if c.sets(2) {
        *place = c.integer(2) as u16;
    }
    Ok(Value::Char(*place))
}

const NAME: &str = "System.Text.StringBuilder";
const WRITER: &str = "System.IO.StringWriter";
const READER: &str = "System.IO.StringReader";

const MEMBERS: &[(&str, Run)] = &[
    ("new()", |_, _| new(NAME, &Value::Null)),
    ("new(int capacity)", |_, _| new(NAME, &Value::Null)),
    ("new(string value)", |_, c| new(NAME, c.value(0))),
    ("new(string value, int capacity)", |_, c| new(NAME, c.value(0))),
    ("StringBuilder Append(string value)", append),
    ("StringBuilder Append(char value)", append),
    ("StringBuilder Append(bool value)", append),
    ("StringBuilder Append(int value)", append),
    ("StringBuilder Append(long value)", append),
    ("StringBuilder Append(ulong value)", append),
    ("StringBuilder Append(float value)", append),
    ("StringBuilder Append(double value)", append),
    ("StringBuilder Append(decimal value)", append),
    ("StringBuilder Append(object value)", append),
    ("StringBuilder Append(char value, int repeatCount)", repeated),
    ("StringBuilder Append(char[] value)", |m, c| {
        let units: Vec<u16> = match c.value(1) {
            Value::Array(items) => {
                items.lock().iter().map(|item| crate::run::arithmetic::integer(item) as u16).collect()
            }
            _ => Vec::new(),
        };
        put(m, c, (None, &Str::from_units(&units)))
    }),
    ("StringBuilder Append(string value, int startIndex, int count)", |m, c| {
        let text = c.text(1)?.clone();
        let arguments = [c.value(1).clone(), c.value(2).clone(), c.value(3).clone()];
        let range = part(text.len(), Call { arguments: &arguments, types: &[] }, Asks::Append)?;
        let found = text.slice(range.start, range.len()).unwrap_or(Str::from(""));
        put(m, c, (None, &found))
    }),
    ("StringBuilder AppendFormat(string format, params object[] args)", append_format),
    ("StringBuilder AppendJoin<T>(string separator, IEnumerable<T> values)", joined),
    ("StringBuilder AppendLine()", append_line),
    ("StringBuilder AppendLine(string value)", append_line),
    ("StringBuilder Clear()", |_, c| {
        lock(&c.native::<Builder>(0)?.units).clear();
        Ok(c.value(0).clone())
    }),
    ("StringBuilder Insert(int index, string value)", |m, c| {
        let text = convert::text(m, c.value(2))?;
        put(m, c, (Some(c.integer(1)), &text))
    }),
    ("StringBuilder Insert(int index, object value)", |m, c| {
        let text = convert::text(m, c.value(2))?;
        put(m, c, (Some(c.integer(1)), &text))
    }),
    ("StringBuilder Remove(int startIndex, int length)", remove),
    ("StringBuilder Replace(string oldValue, string newValue)", replace),
    ("StringBuilder Replace(char oldChar, char newChar)", replace),
    ("int Length { get; set; }", length),
    ("int Capacity { get; }", |_, c| {
        Ok(Value::Int(lock(&c.native::<Builder>(0)?.units).len().next_power_of_two().max(16) as i32))
    }),
    ("char this[int index] { get; set; }", unit),
    ("string ToString(int startIndex, int length)", |m, c| {
        let text = c.native::<Builder>(0)?.text();
        let range = part(text.len(), c, Asks::Text)?;
        m.string(text.slice(range.start, range.len()).unwrap_or(Str::from("")))
    }),
];

pub const STRING_BUILDER: TypeRow =
    TypeRow { form: Form::Class, ..row(NAME, MEMBERS, &["CopyTo", "EnsureCapacity", "MaxCapacity"]) };

pub const STRING_WRITER: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        WRITER,
        &[
            ("new()", |_, _| new(WRITER, &Value::Null)),
            ("void Write(string value)", append),
            ("void Write(char value)", append),
            ("void Write(object value)", append),
            ("void Write(string format, params object[] arg)", append_format),
            ("void WriteLine()", append_line),
            ("void WriteLine(string value)", append_line),
            ("void WriteLine(object value)", append_line),
            ("void Flush()", |_, _| Ok(Value::Null)),
            ("void Close()", |_, _| Ok(Value::Null)),
            ("void Dispose()", |_, _| Ok(Value::Null)),
        ],
        &["GetStringBuilder", "Encoding", "NewLine"],
    )
};

/// Takes `count` units from what is left, or all.
fn taken(c: Call<'_>, count: impl FnOnce(&[u16]) -> usize) -> Outcome<Option<Str>> {
    let mut units = lock(&c.native::<Builder>(0)?.units);
    if units.is_empty() {
        return Ok(None);
    }
    let count = count(&units).min(units.len());
    Ok(Some(Str::from_units(&units.drain(..count).collect::<Vec<_>>())))
}

fn read_line(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let line = taken(c, |units| {
        units.iter().position(|unit| *unit == u16::from(b'\n')).map_or(units.len(), |at| at + 1)
    })?;
    Ok(line.map_or(Value::Null, |line| {
        let text = line.text();
        Value::text(text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text)))
    }))
}

pub const STRING_READER: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        READER,
        &[
            ("new(string s)", |_, c| match c.value(0) {
                Value::Null => Err(null_argument("s")),
                text => new(READER, text),
            }),
            ("string ReadLine()", read_line),
            ("string ReadToEnd()", |m, c| {
                let rest = taken(c, <[u16]>::len)?;
                m.string(rest.unwrap_or(Str::from("")))
            }),
            ("int Read()", |_, c| {
                let unit = taken(c, |_| 1)?.and_then(|text| text.unit(0));
                Ok(Value::Int(unit.map_or(-1, i32::from)))
            }),
            ("int Peek()", |_, c| {
                let units = lock(&c.native::<Builder>(0)?.units);
                Ok(Value::Int(units.first().map_or(-1, |unit| i32::from(*unit))))
            }),
            ("void Close()", |_, _| Ok(Value::Null)),
            ("void Dispose()", |_, _| Ok(Value::Null)),
        ],
        &["ReadBlock", "ReadAsync"],
    )
};
