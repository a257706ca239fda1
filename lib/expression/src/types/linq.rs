//! `System.Linq.Enumerable`.

use crate::failure::{Outcome, null_argument, out_of_range, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::{Iter, Sequence, collect, iterate, over};
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::{Dictionary, Items, Key, Value};

pub fn source(c: Call<'_>) -> Outcome<Value> {
    match c.value(0) {
        Value::Null => Err(null_argument("source")),
        value => Ok(value.clone()),
    }
}

pub fn empty<T>() -> Outcome<T> {
    throw("System.InvalidOperationException", "Sequence contains no elements")
}

fn last_type(c: Call<'_>) -> Type {
    c.types.last().cloned().unwrap_or(Type::OBJECT)
}

fn select(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (source, function) = (source(c)?, c.value(1).clone());
    let indexed = matches!(&function, Value::Function(f) if f.function.parameters.len() == 2);
    Ok(Sequence::value(last_type(c), move |m| {
        let (mut next, function) = (iterate(m, &source)?, function.clone());
        let mut index = -1;
        Ok(Box::new(move |m: &mut Machine<'_>| {
            let Some(item) = next(m)? else { return Ok(None) };
            index += 1;
            let both = [item, Value::Int(index)];
            m.invoke(&function, if indexed { &both } else { &both[..1] }).map(Some)
        }) as Iter)
    }))
}

/// `Where` and the like: keeps an item, drops it, or ends.
enum Keep {
    Yes,
    No,
    End,
}

fn filter(
    c: Call<'_>,
    mut_state: fn(&mut Machine<'_>, &Value, &Value, &mut i64) -> Outcome<Keep>,
    start: i64,
) -> Outcome {
    let (source, argument) = (source(c)?, c.value(1).clone());
    Ok(Sequence::value(c.ty(0), move |m| {
        let (mut next, argument, mut state) = (iterate(m, &source)?, argument.clone(), start);
        Ok(Box::new(move |m: &mut Machine<'_>| {
            if state == i64::MIN {
                return Ok(None);
            }
            while let Some(item) = next(m)? {
                m.tick()?;
                match mut_state(m, &argument, &item, &mut state)? {
                    Keep::Yes => return Ok(Some(item)),
                    Keep::No => {}
                    Keep::End => break,
                }
            }
            Ok(None)
        }) as Iter)
    }))
}

/// The items that a terminal operator with an optional predicate looks at.
fn matching(m: &mut Machine<'_>, c: Call<'_>, most: usize) -> Outcome<Vec<Value>> {
    let mut next = iterate(m, &source(c)?)?;
    let mut found = Vec::new();
    while found.len() < most {
        let Some(item) = next(m)? else { break };
        m.tick()?;
        if !c.sets(1) || m.test(c.value(1), &item)? {
            m.charge(64)?;
            found.push(item);
        }
    }
    Ok(found)
}

fn single(m: &mut Machine<'_>, c: Call<'_>, default: bool) -> Outcome {
    let mut found = matching(m, c, 2)?;
    match (found.len(), c.sets(1)) {
        (1, _) => Ok(found.remove(0)),
        (0, _) if default => Ok(convert::default(&c.ty(0))),
        (0, true) => throw("System.InvalidOperationException", "Sequence contains no matching element"),
        (0, false) => empty(),
        (_, true) => {
            throw("System.InvalidOperationException", "Sequence contains more than one matching element")
        }
        _ => throw("System.InvalidOperationException", "Sequence contains more than one element"),
    }
}

fn first(m: &mut Machine<'_>, c: Call<'_>, (last, default): (bool, bool)) -> Outcome {
    let mut found = matching(m, c, if last { usize::MAX } else { 1 })?;
    match (found.pop(), default, c.sets(1)) {
        (Some(item), ..) => Ok(item),
        (None, true, _) => Ok(convert::default(&c.ty(0))),
        (None, false, true) => {
            throw("System.InvalidOperationException", "Sequence contains no matching element")
        }
        (None, false, false) => empty(),
    }
}

/// An operator that needs all items before it yields the first.
pub fn whole(c: Call<'_>, work: fn(&mut Machine<'_>, Vec<Value>, &Value) -> Outcome<Vec<Value>>) -> Outcome {
    let (source, argument) = (source(c)?, c.value(1).clone());
    Ok(Sequence::value(last_type(c), move |m| {
        let items = collect(m, &source)?;
        Ok(over(work(m, items, &argument)?))
    }))
}

fn select_many(m: &mut Machine<'_>, items: Vec<Value>, function: &Value) -> Outcome<Vec<Value>> {
    let mut all = Vec::new();
    for item in items {
        let inner = m.invoke(function, &[item])?;
        all.extend(collect(m, &inner)?);
    }
    Ok(all)
}

fn concat(c: Call<'_>) -> Outcome {
    let (first, second) = (source(c)?, c.value(1).clone());
    Ok(Sequence::value(c.ty(0), move |m| {
        let (mut next, mut rest) = (iterate(m, &first)?, Some(second.clone()));
        Ok(Box::new(move |m: &mut Machine<'_>| {
            if let Some(item) = next(m)? {
                return Ok(Some(item));
            }
            let Some(second) = rest.take() else { return Ok(None) };
            next = iterate(m, &second)?;
            next(m)
        }) as Iter)
    }))
}

fn range(c: Call<'_>) -> Outcome {
    let (start, count) = (c.integer(0), c.integer(1));
    if count < 0 || start + count - 1 > i64::from(i32::MAX) {
        return Err(out_of_range("Specified argument was out of the range of valid values.", "count"));
    }
    Ok(Sequence::value(Type::INT, move |_| {
        let mut numbers = start..start + count;
        Ok(Box::new(move |m: &mut Machine<'_>| {
            m.tick()?;
            Ok(numbers.next().map(|number| Value::Int(number as i32)))
        }) as Iter)
    }))
}

fn repeat(c: Call<'_>) -> Outcome {
    let (item, count) = (c.value(0).clone(), c.integer(1));
    if count < 0 {
        return Err(out_of_range("Specified argument was out of the range of valid values.", "count"));
    }
    Ok(Sequence::value(c.ty(0), move |_| {
        let (item, mut left) = (item.clone(), count);
        Ok(Box::new(move |m: &mut Machine<'_>| {
            m.tick()?;
            left -= 1;
            Ok((left >= 0).then(|| item.clone()))
        }) as Iter)
    }))
}

pub fn dictionary(m: &mut Machine<'_>, c: Call<'_>, comparer: &Value) -> Outcome {
    let value_type = if c.sets(2) { c.ty(2) } else { c.ty(0) };
    let ty = Type::generic("System.Collections.Generic.Dictionary", vec![c.ty(1), value_type]);
    let dictionary = Dictionary::new(ty, ignores_case(comparer));
    for item in collect(m, &source(c)?)? {
        let key = m.invoke(c.value(1), std::slice::from_ref(&item))?;
        let value = if c.sets(2) { m.invoke(c.value(2), &[item])? } else { item };
        if dictionary.get(&key).is_some() {
            let key = convert::text(m, &key)?;
            return throw(
                "System.ArgumentException",
                format!("An item with the same key has already been added. Key: {key}"),
            );
        }
        dictionary.set(key, value);
    }
    Ok(Value::Dictionary(dictionary))
}

fn aggregate(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut items = collect(m, &source(c)?)?.into_iter();
    let seeded = c.sets(2);
    let Some(mut total) = (if seeded { Some(c.value(1).clone()) } else { items.next() }) else {
        return empty();
    };
    for item in items {
        total = m.invoke(c.value(if seeded { 2 } else { 1 }), &[total, item])?;
    }
    Ok(total)
}

fn contains(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut next = iterate(m, &source(c)?)?;
    while let Some(item) = next(m)? {
        m.tick()?;
        if convert::equal(&item, c.value(1)) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn or_default(c: Call<'_>) -> Outcome {
    let source = source(c)?;
    let default = if c.sets(1) { c.value(1).clone() } else { convert::default(&c.ty(0)) };
    Ok(Sequence::value(c.ty(0), move |m| {
        let items = collect(m, &source)?;
        Ok(over(if items.is_empty() { vec![default.clone()] } else { items }))
    }))
}

const MEMBERS: &[(&str, Run)] = &[
    ("static IEnumerable<int> Range(int start, int count)", |_, c| range(c)),
    ("static IEnumerable<T> Repeat<T>(T element, int count)", |_, c| repeat(c)),
    ("static IEnumerable<T> Empty<T>()", |_, c| Ok(Value::array(c.ty(0), Vec::new()))),
    ("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)", select),
    ("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, int, R> selector)", select),
    ("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |_, c| {
        filter(c, |m, f, item, _| Ok(if m.test(f, item)? { Keep::Yes } else { Keep::No }), 0)
    }),
    ("static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |_, c| {
        filter(c, |m, f, item, _| Ok(if m.test(f, item)? { Keep::Yes } else { Keep::End }), 0)
    }),
    ("static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |_, c| {
        filter(
            c,
            |m, f, item, past| {
                *past |= i64::from(!m.test(f, item)?);
                Ok(if *past == 1 { Keep::Yes } else { Keep::No })
            },
            0,
        )
    }),
    ("static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)", |_, c| {
        if c.integer(1) <= 0 {
            return Ok(Value::array(c.ty(0), Vec::new()));
        }
        filter(
            c,
            |_, count, _, seen| {
                *seen += 1;
                if *seen >= arithmetic::integer(count) {
                    *seen = i64::MIN;
                }
                Ok(Keep::Yes)
            },
            0,
        )
    }),
    ("static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)", |_, c| {
        filter(
            c,
            |_, count, _, seen| {
                *seen += 1;
                Ok(if *seen > arithmetic::integer(count) { Keep::Yes } else { Keep::No })
            },
            0,
        )
    }),
    ("static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)", |_, c| concat(c)),
    ("static IEnumerable<T> Append<T>(this IEnumerable<T> source, T element)", |_, c| {
        whole(c, |_, mut items, item| {
            items.push(item.clone());
            Ok(items)
        })
    }),
    ("static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T element)", |_, c| {
        whole(c, |_, mut items, item| {
            items.insert(0, item.clone());
            Ok(items)
        })
    }),
    ("static IEnumerable<T> Reverse<T>(this IEnumerable<T> source)", |_, c| {
        whole(c, |_, mut items, _| {
            items.reverse();
            Ok(items)
        })
    }),
    (
        "static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, IEnumerable<R>> selector)",
        |_, c| whole(c, select_many),
    ),
    ("static T First<T>(this IEnumerable<T> source)", |m, c| first(m, c, (false, false))),
    ("static T First<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        first(m, c, (false, false))
    }),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source)", |m, c| first(m, c, (false, true))),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        first(m, c, (false, true))
    }),
    ("static T Last<T>(this IEnumerable<T> source)", |m, c| first(m, c, (true, false))),
    ("static T Last<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        first(m, c, (true, false))
    }),
    ("static T LastOrDefault<T>(this IEnumerable<T> source)", |m, c| first(m, c, (true, true))),
    ("static T LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        first(m, c, (true, true))
    }),
    ("static T Single<T>(this IEnumerable<T> source)", |m, c| single(m, c, false)),
    ("static T Single<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| single(m, c, false)),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source)", |m, c| single(m, c, true)),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        single(m, c, true)
    }),
    ("static T ElementAt<T>(this IEnumerable<T> source, int index)", |m, c| {
        let items = collect(m, &source(c)?)?;
        let found = usize::try_from(c.integer(1)).ok().and_then(|at| items.get(at).cloned());
        found.ok_or_else(|| {
            out_of_range(
                "Index was out of range. Must be non-negative and less than the size of the collection.",
                "index",
            )
        })
    }),
    ("static T ElementAtOrDefault<T>(this IEnumerable<T> source, int index)", |m, c| {
        let items = collect(m, &source(c)?)?;
        let found = usize::try_from(c.integer(1)).ok().and_then(|at| items.get(at).cloned());
        Ok(found.unwrap_or_else(|| convert::default(&c.ty(0))))
    }),
    ("static bool Any<T>(this IEnumerable<T> source)", |m, c| {
        Ok(Value::Bool(!matching(m, c, 1)?.is_empty()))
    }),
    ("static bool Any<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        Ok(Value::Bool(!matching(m, c, 1)?.is_empty()))
    }),
    ("static bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        for item in collect(m, &source(c)?)? {
            if !m.test(c.value(1), &item)? {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }),
    ("static int Count<T>(this IEnumerable<T> source)", |m, c| {
        Ok(Value::Int(matching(m, c, usize::MAX)?.len() as i32))
    }),
    ("static int Count<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
        Ok(Value::Int(matching(m, c, usize::MAX)?.len() as i32))
    }),
    ("static bool Contains<T>(this IEnumerable<T> source, T value)", contains),
    ("static bool Contains<T>(this IEnumerable<T> source, T value, StringComparer comparer)", |m, c| {
        let wanted = key_of(c.value(1), c.value(2));
        let items = collect(m, &source(c)?)?;
        Ok(Value::Bool(items.iter().any(|item| key_of(item, c.value(2)) == wanted)))
    }),
    ("static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second)", |m, c| {
        let (a, b) = (collect(m, &source(c)?)?, collect(m, c.value(1))?);
        Ok(Value::Bool(a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| convert::equal(a, b))))
    }),
    ("static T Aggregate<T>(this IEnumerable<T> source, Func<T, T, T> func)", aggregate),
    ("static A Aggregate<T, A>(this IEnumerable<T> source, A seed, Func<A, T, A> func)", aggregate),
    ("static T[] ToArray<T>(this IEnumerable<T> source)", |m, c| {
        Ok(Value::array(c.ty(0), collect(m, &source(c)?)?))
    }),
    ("static List<T> ToList<T>(this IEnumerable<T> source)", |m, c| {
        Ok(Value::List(Items::new(Type::list(c.ty(0)), collect(m, &source(c)?)?)))
    }),
    (
        "static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
        |m, c| dictionary(m, c, &Value::Null),
    ),
    (
        "static Dictionary<K, V> ToDictionary<T, K, V>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, V> elementSelector)",
        |m, c| dictionary(m, c, &Value::Null),
    ),
    ("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source)", |_, c| or_default(c)),
    ("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source, T defaultValue)", |_, c| {
        or_default(c)
    }),
    ("static IEnumerable<T> SkipLast<T>(this IEnumerable<T> source, int count)", |_, c| {
        whole(c, |_, mut items, count| {
            let kept = items.len() as i64 - arithmetic::integer(count).max(0);
            items.truncate(usize::try_from(kept).unwrap_or(0));
            Ok(items)
        })
    }),
    ("static IEnumerable<T> TakeLast<T>(this IEnumerable<T> source, int count)", |_, c| {
        whole(c, |_, items, count| {
            let skipped = items.len() as i64 - arithmetic::integer(count).max(0);
            Ok(items.into_iter().skip(usize::try_from(skipped).unwrap_or(0)).collect())
        })
    }),
    ("static T ElementAtOrDefault<T>(this IEnumerable<T> source, long index)", |m, c| {
        let items = collect(m, &source(c)?)?;
        let found = usize::try_from(c.integer(1)).ok().and_then(|at| items.get(at).cloned());
        Ok(found.unwrap_or_else(|| convert::default(&c.ty(0))))
    }),
    (
        "static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, StringComparer comparer)",
        |m, c| dictionary(m, Call { arguments: &c.arguments[..2], types: c.types }, c.value(2)),
    ),
    (
        "static Dictionary<K, V> ToDictionary<T, K, V>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, V> elementSelector, StringComparer comparer)",
        |m, c| dictionary(m, Call { arguments: &c.arguments[..3], types: c.types }, c.value(3)),
    ),
];

pub const ENUMERABLE: TypeRow = TypeRow {
    name: "System.Linq.Enumerable",
    generics: &[],
    form: Form::Class,
    bases: &["_groups", "_orders"],
    members: MEMBERS,
    missing: &["Chunk", "MaxBy", "MinBy"],
};

macro_rules! comparers {
    ($($property:literal $kind:literal),*) => {
        &[
            $((concat!("static StringComparer ", $property, " { get; }"), |_, _| Ok(Value::native(Comparer($kind))))),*,
            ("int Compare(string x, string y)", |m, c| {
                let (a, b) = (compared(m, c, 1)?, compared(m, c, 2)?);
                Ok(Value::Int(arithmetic::order(&a, &b).map_or(0, |order| order as i32)))
            }),
            ("bool Equals(string x, string y)", |m, c| {
                Ok(Value::Bool(convert::equal(&compared(m, c, 1)?, &compared(m, c, 2)?)))
            }),
        ]
    };
}

/// A string as the comparer sees it.
fn compared(m: &mut Machine<'_>, c: Call<'_>, at: usize) -> Outcome {
    if c.value(at).is_null() || !ignores_case(c.value(0)) {
        return Ok(c.value(at).clone());
    }
    let text = convert::text(m, c.value(at))?.text().to_uppercase();
    m.string(text)
}

/// Whether a comparer ignores case.
pub fn ignores_case(comparer: &Value) -> bool {
    matches!(comparer, Value::Native(native) if native.text() == crate::text::Str::from("OrdinalIgnoreCase"))
}

/// The key of a value under a comparer, which may be absent.
pub fn key_of(value: &Value, comparer: &Value) -> Key {
    match value {
        Value::String(text) if ignores_case(comparer) => Key::Text(text.text().to_uppercase()),
        other => Key::of(other),
    }
}

pub const STRING_COMPARER: TypeRow = TypeRow {
    name: "System.StringComparer",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: comparers!(
        "Ordinal" "Ordinal", "OrdinalIgnoreCase" "OrdinalIgnoreCase",
        "InvariantCulture" "InvariantCulture", "InvariantCultureIgnoreCase" "OrdinalIgnoreCase",
        "CurrentCulture" "InvariantCulture", "CurrentCultureIgnoreCase" "OrdinalIgnoreCase"
    ),
    missing: &["Create"],
};

/// A comparer by what it ignores.
#[derive(Debug)]
struct Comparer(&'static str);

impl crate::value::Native for Comparer {
    fn type_name(&self) -> &'static str {
        "System.StringComparer"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn text(&self) -> crate::text::Str {
        crate::text::Str::from(self.0)
    }
}
