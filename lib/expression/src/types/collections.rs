//! `System.Collections.Generic` and `System.Array`.

use std::sync::Arc;

use crate::failure::{Outcome, null_reference, out_of_range, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::collect;
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::{Items, Value};

pub const fn row(
    (name, generics): (&'static str, &'static [&'static str]),
    form: Form,
    bases: &'static [&'static str],
    members: &'static [(&'static str, Run)],
) -> TypeRow {
    TypeRow { name, generics, form, bases, members, missing: &[] }
}

fn items(value: &Value) -> Outcome<&Arc<Items>> {
    match value {
        Value::Array(items) | Value::List(items) => Ok(items),
        _ => Err(null_reference()),
    }
}

pub fn count(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let count = match c.value(0) {
        Value::Array(items) | Value::List(items) => items.lock().len(),
        Value::Dictionary(dictionary) => dictionary.lock().len(),
        Value::Host(object) => object.entries().len(),
        Value::Json(token) => token.tokens().len(),
        other => collect(m, other)?.len(),
    };
    Ok(Value::Int(count as i32))
}

pub const I_ENUMERABLE: TypeRow =
    row(("System.Collections.Generic.IEnumerable", &["T"]), Form::Interface, &["IEnumerable"], &[]);

pub const I_ENUMERABLE_0: TypeRow = row(("System.Collections.IEnumerable", &[]), Form::Interface, &[], &[]);

pub const I_READ_ONLY_COLLECTION: TypeRow = row(
    ("System.Collections.Generic.IReadOnlyCollection", &["T"]),
    Form::Interface,
    &["IEnumerable<T>"],
    &[("int Count { get; }", count)],
);

pub const I_COLLECTION: TypeRow = row(
    ("System.Collections.Generic.ICollection", &["T"]),
    Form::Interface,
    &["IEnumerable<T>"],
    &[
        ("int Count { get; }", count),
        ("void Add(T item)", add),
        ("bool Contains(T item)", |m, c| Ok(Value::Bool(position(m, c, 1)?.is_some()))),
        ("bool Remove(T item)", remove),
        ("void Clear()", clear),
    ],
);

pub const I_LIST: TypeRow = row(
    ("System.Collections.Generic.IList", &["T"]),
    Form::Interface,
    &["ICollection<T>"],
    &[
        ("T this[int index] { get; set; }", element),
        ("int IndexOf(T item)", |m, c| Ok(Value::Int(position(m, c, 1)?.map_or(-1, |at| at as i32)))),
        ("void RemoveAt(int index)", remove_at),
        ("void Insert(int index, T item)", insert),
    ],
);

fn index_error<T>() -> Outcome<T> {
    Err(out_of_range(
        "Index was out of range. Must be non-negative and less than the size of the collection.",
        "index",
    ))
}

fn element(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let items = items(c.value(0))?;
    let mut items = items.lock();
    let place = usize::try_from(c.integer(1)).ok().and_then(|at| items.get_mut(at));
    let Some(place) = place else { return index_error() };
    if c.sets(2) {
        *place = c.value(2).clone();
    }
    Ok(place.clone())
}

pub fn add(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    m.charge(64)?;
    match c.value(0) {
        Value::Dictionary(set) => {
            let key = set.key(c.value(1));
            let mut entries = set.lock();
            let new = !entries.contains_key(&key);
            if new {
                entries.insert(key, (c.value(1).clone(), c.value(1).clone()));
            }
            Ok(Value::Bool(new))
        }
        list => {
            items(list)?.lock().push(c.value(1).clone());
            Ok(Value::Null)
        }
    }
}

pub fn clear(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    match c.value(0) {
        Value::Dictionary(dictionary) => dictionary.lock().clear(),
        list => items(list)?.lock().clear(),
    }
    Ok(Value::Null)
}

fn position(m: &mut Machine<'_>, c: Call<'_>, at: usize) -> Outcome<Option<usize>> {
    match c.value(0) {
        Value::Dictionary(dictionary) => Ok(dictionary.lock().get_index_of(&dictionary.key(c.value(at)))),
        list => {
            let items = items(list)?.lock();
            m.ticks(items.len() as u64 / 8)?;
            Ok(items.iter().position(|item| convert::equal(item, c.value(at))))
        }
    }
}

pub fn remove(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    if let Value::Dictionary(dictionary) = c.value(0) {
        let key = dictionary.key(c.value(1));
        return Ok(Value::Bool(dictionary.lock().shift_remove(&key).is_some()));
    }
    let position = position(m, c, 1)?;
    if let Some(at) = position {
        items(c.value(0))?.lock().remove(at);
    }
    Ok(Value::Bool(position.is_some()))
}

fn remove_at(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut items = items(c.value(0))?.lock();
    m.ticks(items.len() as u64 / 64)?;
    match usize::try_from(c.integer(1)) {
        Ok(at) if at < items.len() => {
            items.remove(at);
            Ok(Value::Null)
        }
        _ => index_error(),
    }
}

fn insert(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    m.charge(64)?;
    let mut items = items(c.value(0))?.lock();
    m.ticks(items.len() as u64 / 64)?;
    match usize::try_from(c.integer(1)) {
        Ok(at) if at <= items.len() => {
            items.insert(at, c.value(2).clone());
            Ok(Value::Null)
        }
        _ => index_error(),
    }
}

pub const LIST: TypeRow = row(
    ("System.Collections.Generic.List", &["T"]),
    Form::Class,
    &["IList<T>", "IReadOnlyCollection<T>"],
    &[
        ("new()", |_, c| Ok(Value::List(Items::new(Type::list(c.ty(0)), Vec::new())))),
        ("new(int capacity)", |_, c| Ok(Value::List(Items::new(Type::list(c.ty(0)), Vec::new())))),
        ("new(IEnumerable<T> collection)", |m, c| {
            let items = collect(m, c.value(0))?;
            Ok(Value::List(Items::new(Type::list(c.ty(0)), items)))
        }),
        ("void AddRange(IEnumerable<T> collection)", |m, c| {
            let more = collect(m, c.value(1))?;
            items(c.value(0))?.lock().extend(more);
            Ok(Value::Null)
        }),
        ("bool Exists(Predicate<T> match)", |m, c| {
            for item in collect(m, c.value(0))? {
                if m.test(c.value(1), &item)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }),
        ("T Find(Predicate<T> match)", |m, c| {
            for item in collect(m, c.value(0))? {
                if m.test(c.value(1), &item)? {
                    return Ok(item);
                }
            }
            Ok(convert::default(&c.ty(0)))
        }),
        ("void ForEach(Action<T> action)", |m, c| {
            for item in collect(m, c.value(0))? {
                m.invoke(c.value(1), &[item])?;
            }
            Ok(Value::Null)
        }),
        ("void Sort()", |_, c| {
            let sort = |a: &Value, b: &Value| arithmetic::order(a, b).unwrap_or(std::cmp::Ordering::Equal);
            items(c.value(0))?.lock().sort_by(sort);
            Ok(Value::Null)
        }),
        ("void Reverse()", |_, c| {
            items(c.value(0))?.lock().reverse();
            Ok(Value::Null)
        }),
        ("int RemoveAll(Predicate<T> match)", |m, c| {
            let all = collect(m, c.value(0))?;
            let before = all.len();
            let mut kept = Vec::new();
            for item in all {
                if !m.test(c.value(1), &item)? {
                    kept.push(item);
                }
            }
            let removed = before - kept.len();
            *items(c.value(0))?.lock() = kept;
            Ok(Value::Int(removed as i32))
        }),
    ],
);

fn range(items: &[Value], start: i64, length: i64) -> Outcome<std::ops::Range<usize>> {
    let range = usize::try_from(start).ok().zip(usize::try_from(length).ok());
    match range.and_then(|(start, length)| Some(start..start.checked_add(length)?)) {
        Some(range) if range.end <= items.len() => Ok(range),
        _ => throw(
            "System.ArgumentException",
            "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        ),
    }
}

fn copy(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let long = c.arguments.len() == 5;
    let (target, from, to, length) =
        if long { (2, c.integer(1), c.integer(3), c.integer(4)) } else { (1, 0, 0, c.integer(2)) };
    let source = items(c.value(0))?.lock().clone();
    let moved = source.get(range(&source, from, length)?).unwrap_or_default().to_vec();
    let mut target = items(c.value(target))?.lock();
    let range = range(&target, to, length)?;
    target.splice(range, moved);
    Ok(Value::Null)
}

pub const ARRAY: TypeRow = TypeRow {
    missing: &["Resize"],
    ..row(
        ("System.Array", &[]),
        Form::Class,
        &[],
        &[
            ("int Length { get; }", |_, c| Ok(Value::Int(items(c.value(0))?.lock().len() as i32))),
            ("static void Copy(Array sourceArray, Array destinationArray, int length)", copy),
            (
                "static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)",
                copy,
            ),
            ("static void Reverse(Array array)", |_, c| {
                items(c.value(0))?.lock().reverse();
                Ok(Value::Null)
            }),
            ("static void Sort<T>(T[] array)", |_, c| {
                let sort =
                    |a: &Value, b: &Value| arithmetic::order(a, b).unwrap_or(std::cmp::Ordering::Equal);
                items(c.value(0))?.lock().sort_by(sort);
                Ok(Value::Null)
            }),
            ("static bool Exists<T>(T[] array, Predicate<T> match)", |m, c| {
                for item in collect(m, c.value(0))? {
                    if m.test(c.value(1), &item)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }),
            ("static T Find<T>(T[] array, Predicate<T> match)", |m, c| {
                for item in collect(m, c.value(0))? {
                    if m.test(c.value(1), &item)? {
                        return Ok(item);
                    }
                }
                Ok(convert::default(&c.ty(0)))
            }),
            ("static int IndexOf<T>(T[] array, T value)", |m, c| {
                Ok(Value::Int(position(m, c, 1)?.map_or(-1, |at| at as i32)))
            }),
            ("static T[] Empty<T>()", |_, c| Ok(Value::array(c.ty(0), Vec::new()))),
        ],
    )
};
