//! `System.Collections.Generic.HashSet`.

use std::collections::HashSet;
use std::sync::Arc;

use super::collections::{add, row};
use super::linq::ignores_case;
use crate::failure::{Outcome, null_reference};
use crate::registry::{Call, Form, TypeRow};
use crate::run::Machine;
use crate::run::sequence::collect;
use crate::ty::Type;
use crate::value::{Dictionary, Key, Value};

fn set(value: &Value) -> Outcome<&Arc<Dictionary>> {
    match value {
        Value::Dictionary(set) => Ok(set),
        _ => Err(null_reference()),
    }
}

pub fn new_set(m: &mut Machine<'_>, c: Call<'_>, (source, comparer): (&Value, &Value)) -> Outcome {
    let ty = Type::generic("System.Collections.Generic.HashSet", vec![c.ty(0)]);
    let set = Dictionary::new(ty, ignores_case(comparer));
    if !source.is_null() {
        for item in collect(m, source)? {
            m.charge(64)?;
            if set.get(&item).is_none() {
                set.set(item.clone(), item);
            }
        }
    }
    Ok(Value::Dictionary(set))
}

/// How many elements of the other collection, without repeats, are in the set; and how many there are.
fn common(m: &mut Machine<'_>, c: Call<'_>) -> Outcome<(usize, usize, usize)> {
    let set = set(c.value(0))?;
    let other: HashSet<Key> = collect(m, c.value(1))?.iter().map(|item| set.key(item)).collect();
    let entries = set.lock();
    let shared = other.iter().filter(|key| entries.contains_key(*key)).count();
    Ok((shared, other.len(), entries.len()))
}

fn compared(m: &mut Machine<'_>, c: Call<'_>, holds: fn((usize, usize, usize)) -> bool) -> Outcome {
    common(m, c).map(|counts| Value::Bool(holds(counts)))
}

fn reduced(m: &mut Machine<'_>, c: Call<'_>, keep: bool) -> Outcome {
    let set = set(c.value(0))?;
    let other: HashSet<Key> = collect(m, c.value(1))?.iter().map(|item| set.key(item)).collect();
    set.lock().retain(|key, _| other.contains(key) == keep);
    Ok(Value::Null)
}

pub const HASH_SET: TypeRow = row(
    ("System.Collections.Generic.HashSet", &["T"]),
    Form::Class,
    &["ICollection<T>", "IReadOnlyCollection<T>"],
    &[
        ("new()", |m, c| new_set(m, c, (&Value::Null, &Value::Null))),
        ("new(IEnumerable<T> collection)", |m, c| new_set(m, c, (c.value(0), &Value::Null))),
        ("bool Add(T item)", add),
        ("new(StringComparer comparer)", |m, c| new_set(m, c, (&Value::Null, c.value(0)))),
        ("new(IEnumerable<T> collection, StringComparer comparer)", |m, c| {
            new_set(m, c, (c.value(0), c.value(1)))
        }),
        ("void UnionWith(IEnumerable<T> other)", |m, c| {
            let set = set(c.value(0))?;
            for item in collect(m, c.value(1))? {
                m.charge(64)?;
                if set.get(&item).is_none() {
                    set.set(item.clone(), item);
                }
            }
            Ok(Value::Null)
        }),
        ("void IntersectWith(IEnumerable<T> other)", |m, c| reduced(m, c, true)),
        ("void ExceptWith(IEnumerable<T> other)", |m, c| reduced(m, c, false)),
        ("bool IsSubsetOf(IEnumerable<T> other)", |m, c| compared(m, c, |(shared, _, own)| shared == own)),
        ("bool IsSupersetOf(IEnumerable<T> other)", |m, c| {
            compared(m, c, |(shared, other, _)| shared == other)
        }),
        ("bool Overlaps(IEnumerable<T> other)", |m, c| compared(m, c, |(shared, ..)| shared > 0)),
        ("bool SetEquals(IEnumerable<T> other)", |m, c| {
            compared(m, c, |(shared, other, own)| shared == other && other == own)
        }),
        ("int RemoveWhere(Predicate<T> match)", |m, c| {
            let mut gone = HashSet::new();
            for item in collect(m, c.value(0))? {
                if m.test(c.value(1), &item)? {
                    gone.insert(set(c.value(0))?.key(&item));
                }
            }
            set(c.value(0))?.lock().retain(|key, _| !gone.contains(key));
            Ok(Value::Int(gone.len() as i32))
        }),
    ],
);
