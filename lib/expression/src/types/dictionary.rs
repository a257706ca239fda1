//! Dictionaries of `System.Collections.Generic`, and what the gateway adds to them: `GetValueOrDefault`.

use std::sync::Arc;

use super::collections::{clear, count, remove, row};
use super::linq::ignores_case;
use crate::failure::{Outcome, exception, null_argument, null_reference, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::{Machine, convert};
use crate::ty::Type;
use crate::value::{Dictionary, Record, Value};

pub const KEY_VALUE_PAIR: TypeRow = row(
    ("System.Collections.Generic.KeyValuePair", &["K", "V"]),
    Form::Struct,
    &[],
    &[
        ("new(K key, V value)", |_, c| Ok(Record::pair(c.types, c.value(0).clone(), c.value(1).clone()))),
        ("K Key { get; }", |_, c| field(c, 0)),
        ("V Value { get; }", |_, c| field(c, 1)),
    ],
);

fn field(c: Call<'_>, at: usize) -> Outcome {
    match c.value(0) {
        Value::Record(record) => Ok(record.fields.get(at).cloned().unwrap_or(Value::Null)),
        _ => Err(null_reference()),
    }
}

fn lookup(value: &Value, key: &Value) -> Outcome<Option<Value>> {
    if key.is_null() {
        return Err(null_argument("key"));
    }
    match (value, key) {
        (Value::Dictionary(dictionary), _) => Ok(dictionary.get(key)),
        (Value::Host(object), Value::String(key)) => Ok(object.lookup(key)),
        (Value::Json(token), Value::String(key)) => Ok(token.get(&key.text()).map(Value::Json)),
        _ => Err(null_reference()),
    }
}

fn get_or_set(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    if c.sets(2) {
        m.charge(224)?;
        return match c.value(0) {
            Value::Dictionary(dictionary) => {
                dictionary.set(c.value(1).clone(), c.value(2).clone());
                Ok(c.value(2).clone())
            }
            _ => Err(null_reference()),
        };
    }
    if let Some(value) = lookup(c.value(0), c.value(1))? {
        return Ok(value);
    }
    let key = convert::text(m, c.value(1))?;
    let message = format!("The given key '{key}' was not present in the dictionary.");
    throw("System.Collections.Generic.KeyNotFoundException", message)
}

fn try_get(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let found = lookup(c.value(0), c.value(1))?;
    let good = found.is_some();
    m.rare().outs.push(found.unwrap_or_else(|| convert::default(&c.ty(1))));
    Ok(Value::Bool(good))
}

fn entries(value: &Value, keys: bool) -> Vec<Value> {
    let pick = |(key, value): (Value, Value)| if keys { key } else { value };
    match value {
        Value::Dictionary(dictionary) => dictionary.lock().values().cloned().map(pick).collect(),
        Value::Host(object) => object.entries().into_iter().map(pick).collect(),
        _ => Vec::new(),
    }
}

/// The keys and values of a dictionary.
pub fn pairs(value: &Value) -> Vec<(Value, Value)> {
    match value {
        Value::Dictionary(dictionary) => dictionary.lock().values().cloned().collect(),
        Value::Host(object) => object.entries(),
        _ => Vec::new(),
    }
}

const READ: &[(&str, Run)] = &[
    ("V this[K key] { get; }", get_or_set),
    ("bool ContainsKey(K key)", |_, c| Ok(Value::Bool(lookup(c.value(0), c.value(1))?.is_some()))),
    ("bool TryGetValue(K key, out V value)", try_get),
    ("IEnumerable<K> Keys { get; }", |_, c| Ok(Value::array(c.ty(0), entries(c.value(0), true)))),
    ("IEnumerable<V> Values { get; }", |_, c| Ok(Value::array(c.ty(1), entries(c.value(0), false)))),
    (
        "static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key)",
        joined,
    ),
    (
        "static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string defaultValue)",
        joined,
    ),
    (
        "static string[] GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string[] defaultValue)",
        or_default,
    ),
    (
        "static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key)",
        or_default,
    ),
    (
        "static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key, string defaultValue)",
        or_default,
    ),
    ("static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key)", typed),
    (
        "static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key, T defaultValue)",
        typed,
    ),
    (
        "static object GetValueOrDefault(this IReadOnlyDictionary<string, object> dictionary, string key)",
        or_default,
    ),
];

/// The values of a header or query parameter, joined with commas.
fn joined(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    match lookup(c.value(0), c.value(1))? {
        Some(Value::Array(items)) => {
            let items = items.lock();
            if let [only] = items.as_slice() {
                return Ok(only.clone());
            }
            let mut text = crate::text::Text::default();
            crate::host::join(&items, &mut text);
            m.string(text.finish())
        }
        Some(other) => Ok(other),
        None => Ok(c.value(2).clone()),
    }
}

fn or_default(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    Ok(lookup(c.value(0), c.value(1))?.unwrap_or_else(|| c.value(2).clone()))
}

fn typed(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let ty = c.types.last().cloned().unwrap_or(Type::OBJECT);
    match lookup(c.value(0), c.value(1))? {
        Some(value) => convert::cast(&ty, value),
        None if c.sets(2) => Ok(c.value(2).clone()),
        None => Ok(convert::default(&ty)),
    }
}

pub const I_READ_ONLY_DICTIONARY: TypeRow = row(
    ("System.Collections.Generic.IReadOnlyDictionary", &["K", "V"]),
    Form::Interface,
    &["IReadOnlyCollection<KeyValuePair<K, V>>"],
    READ,
);

pub const I_DICTIONARY: TypeRow = row(
    ("System.Collections.Generic.IDictionary", &["K", "V"]),
    Form::Interface,
    &["IEnumerable<KeyValuePair<K, V>>"],
    &[
        ("V this[K key] { get; set; }", get_or_set),
        ("int Count { get; }", count),
        ("bool ContainsKey(K key)", |_, c| Ok(Value::Bool(lookup(c.value(0), c.value(1))?.is_some()))),
        ("bool TryGetValue(K key, out V value)", try_get),
        ("IEnumerable<K> Keys { get; }", |_, c| Ok(Value::array(c.ty(0), entries(c.value(0), true)))),
        ("IEnumerable<V> Values { get; }", |_, c| Ok(Value::array(c.ty(1), entries(c.value(0), false)))),
        ("void Add(K key, V value)", |m, c| {
            m.charge(224)?;
            if lookup(c.value(0), c.value(1))?.is_some() {
                let key = convert::text(m, c.value(1))?;
                return Err(exception(
                    "System.ArgumentException",
                    format!("An item with the same key has already been added. Key: {key}"),
                ));
            }
            if let Value::Dictionary(dictionary) = c.value(0) {
                dictionary.set(c.value(1).clone(), c.value(2).clone());
            }
            Ok(Value::Null)
        }),
        ("bool Remove(K key)", remove),
        ("void Clear()", clear),
    ],
);

fn own(value: &Value) -> Outcome<&Arc<Dictionary>> {
    match value {
        Value::Dictionary(dictionary) => Ok(dictionary),
        _ => Err(null_reference()),
    }
}

fn new_dictionary(m: &mut Machine<'_>, c: Call<'_>, (source, comparer): (&Value, &Value)) -> Outcome {
    let ty = Type::generic("System.Collections.Generic.Dictionary", c.types.to_vec());
    let new = Dictionary::new(ty, ignores_case(comparer));
    for (key, value) in pairs(source) {
        m.charge(64)?;
        new.set(key, value);
    }
    Ok(Value::Dictionary(new))
}

pub const DICTIONARY: TypeRow = row(
    ("System.Collections.Generic.Dictionary", &["K", "V"]),
    Form::Class,
    &["IDictionary<K, V>", "IReadOnlyDictionary<K, V>"],
    &[
        ("new()", |m, c| new_dictionary(m, c, (&Value::Null, &Value::Null))),
        ("new(int capacity)", |m, c| new_dictionary(m, c, (&Value::Null, &Value::Null))),
        ("new(IDictionary<K, V> dictionary)", |m, c| new_dictionary(m, c, (c.value(0), &Value::Null))),
        ("new(StringComparer comparer)", |m, c| new_dictionary(m, c, (&Value::Null, c.value(0)))),
        ("new(IDictionary<K, V> dictionary, StringComparer comparer)", |m, c| {
            new_dictionary(m, c, (c.value(0), c.value(1)))
        }),
        ("bool ContainsValue(V value)", |_, c| {
            let same = |(_, value): &(Value, Value)| convert::equal(value, c.value(1));
            Ok(Value::Bool(own(c.value(0))?.lock().values().any(same)))
        }),
        ("bool TryAdd(K key, V value)", |m, c| {
            m.charge(64)?;
            let dictionary = own(c.value(0))?;
            let new = dictionary.get(c.value(1)).is_none();
            if new {
                dictionary.set(c.value(1).clone(), c.value(2).clone());
            }
            Ok(Value::Bool(new))
        }),
        ("bool Remove(K key, out V value)", |m, c| {
            let dictionary = own(c.value(0))?;
            let key = dictionary.key(c.value(1));
            let gone = dictionary.lock().shift_remove(&key);
            let found = gone.is_some();
            m.rare().outs.push(gone.map_or_else(|| convert::default(&c.ty(1)), |(_, value)| value));
            Ok(Value::Bool(found))
        }),
    ],
);
