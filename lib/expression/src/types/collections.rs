//! `System.Collections.Generic` and `System.Array`.

use std::sync::Arc;

use crate::failure::{Outcome, exception, null_argument, null_reference, out_of_range, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::collect;
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::{Dictionary, Items, Record, Value};

const fn row(
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

fn count(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
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

fn add(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
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

fn clear(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
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

fn remove(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
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
    m.outs.push(found.unwrap_or_else(|| convert::default(&c.ty(1))));
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

fn dictionary(c: Call<'_>, ignore_case: bool) -> Arc<Dictionary> {
    Dictionary::new(Type::generic("System.Collections.Generic.Dictionary", c.types.to_vec()), ignore_case)
}

pub const DICTIONARY: TypeRow = row(
    ("System.Collections.Generic.Dictionary", &["K", "V"]),
    Form::Class,
    &["IDictionary<K, V>", "IReadOnlyDictionary<K, V>"],
    &[
        ("new()", |_, c| Ok(Value::Dictionary(dictionary(c, false)))),
        ("new(int capacity)", |_, c| Ok(Value::Dictionary(dictionary(c, false)))),
        ("new(StringComparer comparer)", |_, c| {
            Ok(Value::Dictionary(dictionary(c, super::linq::ignores_case(c.value(0)))))
        }),
        ("new(IDictionary<K, V> dictionary)", |m, c| {
            let new = dictionary(c, false);
            for pair in collect(m, c.value(0))? {
                if let Value::Record(pair) = pair
                    && let [key, value] = pair.fields.as_slice()
                {
                    new.set(key.clone(), value.clone());
                }
            }
            Ok(Value::Dictionary(new))
        }),
    ],
);

fn set(m: &mut Machine<'_>, c: Call<'_>, source: &Value, comparer: &Value) -> Outcome {
    let ty = Type::generic("System.Collections.Generic.HashSet", c.types.to_vec());
    let set = Dictionary::new(ty, super::linq::ignores_case(comparer));
    if !source.is_null() {
        for item in collect(m, source)? {
            set.set(item.clone(), item);
        }
    }
    Ok(Value::Dictionary(set))
}

pub const HASH_SET: TypeRow = row(
    ("System.Collections.Generic.HashSet", &["T"]),
    Form::Class,
    &["ICollection<T>", "IReadOnlyCollection<T>"],
    &[
        ("new()", |m, c| set(m, c, &Value::Null, &Value::Null)),
        ("new(StringComparer comparer)", |m, c| set(m, c, &Value::Null, c.value(0))),
        ("new(IEnumerable<T> collection)", |m, c| set(m, c, c.value(0), &Value::Null)),
        ("bool Add(T item)", add),
    ],
);
