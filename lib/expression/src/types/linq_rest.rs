//! The less common operators of `System.Linq.Enumerable`.

use indexmap::IndexMap;

use super::linq::{empty, key_of, whole};
use crate::failure::{Outcome, null_argument};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::node::Op;
use crate::run::sequence::{Iter, Sequence, collect, iterate, over};
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::{Dictionary, Value};

fn source(c: Call<'_>) -> Outcome<Value> {
    if c.value(0).is_null() { Err(null_argument("source")) } else { Ok(c.value(0).clone()) }
}

fn zip(c: Call<'_>) -> Outcome {
    let (first, second, function) = (source(c)?, c.value(1).clone(), c.value(2).clone());
    let ty = c.types.last().cloned().unwrap_or(Type::OBJECT);
    Ok(Sequence::value(ty, move |m| {
        let (mut a, mut b, function) = (iterate(m, &first)?, iterate(m, &second)?, function.clone());
        Ok(Box::new(move |m: &mut Machine<'_>| {
            m.tick()?;
            let (Some(a), Some(b)) = (a(m)?, b(m)?) else { return Ok(None) };
            m.invoke(&function, &[a, b]).map(Some)
        }) as Iter)
    }))
}

/// `SelectMany` with an index, or with a result selector.
fn select_many(c: Call<'_>) -> Outcome {
    let (source, collection) = (source(c)?, c.value(1).clone());
    let result = c.sets(2).then(|| c.value(2).clone());
    let indexed = matches!(&collection, Value::Function(f) if f.function.parameters.len() == 2);
    let ty = c.types.last().cloned().unwrap_or(Type::OBJECT);
    Ok(Sequence::value(ty, move |m| {
        let mut out = Vec::new();
        for (index, item) in collect(m, &source)?.into_iter().enumerate() {
            let both = [item.clone(), Value::Int(index as i32)];
            let inner = m.invoke(&collection, if indexed { &both } else { &both[..1] })?;
            for other in collect(m, &inner)? {
                out.push(match &result {
                    Some(result) => m.invoke(result, &[item.clone(), other])?,
                    None => other,
                });
            }
        }
        Ok(over(out))
    }))
}

/// Elements of one type: others are left out, or are failures.
fn typed(c: Call<'_>, only: bool) -> Outcome {
    let (source, ty) = (source(c)?, c.ty(0));
    Ok(Sequence::value(ty.clone(), move |m| {
        let (mut next, ty) = (iterate(m, &source)?, ty.clone());
        Ok(Box::new(move |m: &mut Machine<'_>| {
            while let Some(item) = next(m)? {
                m.tick()?;
                if !only {
                    return convert::cast(&ty, item).map(Some);
                }
                if convert::is(&ty, &item) {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        }) as Iter)
    }))
}

fn indexed_where(c: Call<'_>) -> Outcome {
    let (source, test) = (source(c)?, c.value(1).clone());
    Ok(Sequence::value(c.ty(0), move |m| {
        let mut kept = Vec::new();
        for (index, item) in collect(m, &source)?.into_iter().enumerate() {
            let arguments = [item.clone(), Value::Int(index as i32)];
            if matches!(m.invoke(&test, &arguments)?, Value::Bool(true)) {
                kept.push(item);
            }
        }
        Ok(over(kept))
    }))
}

fn or_default(c: Call<'_>) -> Outcome {
    let source = source(c)?;
    let default = if c.sets(1) { c.value(1).clone() } else { convert::default(&c.ty(0)) };
    Ok(Sequence::value(c.ty(0), move |m| {
        let items = collect(m, &source)?;
        Ok(over(if items.is_empty() { vec![default.clone()] } else { items }))
    }))
}

fn selected(m: &mut Machine<'_>, c: Call<'_>) -> Outcome<Vec<Value>> {
    let items = collect(m, &source(c)?)?;
    if !c.sets(1) {
        return Ok(items.into_iter().filter(|item| !item.is_null()).collect());
    }
    let mut found = Vec::new();
    for item in items {
        let value = m.invoke(c.value(1), &[item])?;
        if !value.is_null() {
            found.push(value);
        }
    }
    Ok(found)
}

fn sum(m: &mut Machine<'_>, c: Call<'_>, zero: Value) -> Outcome {
    let mut total = zero;
    for item in selected(m, c)? {
        total = arithmetic::binary(Op::Add, &total, &item)?;
    }
    Ok(total)
}

fn average(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let items = selected(m, c)?;
    if items.is_empty() {
        return empty();
    }
    if matches!(items.first(), Some(Value::Decimal(_))) {
        let zero = arithmetic::convert(&Type::DECIMAL, &Value::Int(0), false)?;
        let total = items.iter().try_fold(zero, |total, item| arithmetic::binary(Op::Add, &total, item))?;
        let count = arithmetic::convert(&Type::DECIMAL, &Value::Long(items.len() as i64), false)?;
        return arithmetic::binary(Op::Divide, &total, &count);
    }
    let total: f64 = items.iter().filter_map(arithmetic::double).sum();
    Ok(Value::Double(total / items.len() as f64))
}

/// The set operators with a comparer as their last argument.
fn distinct(items: Vec<Value>, comparer: &Value) -> Vec<Value> {
    let mut seen = IndexMap::new();
    for item in items {
        seen.entry(key_of(&item, comparer)).or_insert(item);
    }
    seen.into_values().collect()
}

fn combined(c: Call<'_>, keep: fn(Vec<Value>, Vec<Value>, &Value) -> Vec<Value>) -> Outcome {
    let (first, second, comparer) = (source(c)?, c.value(1).clone(), c.value(2).clone());
    Ok(Sequence::value(c.ty(0), move |m| {
        let (a, b) = (collect(m, &first)?, collect(m, &second)?);
        m.ticks((a.len() + b.len()) as u64)?;
        Ok(over(keep(a, b, &comparer)))
    }))
}

fn members(first: Vec<Value>, second: &[Value], (comparer, wanted): (&Value, bool)) -> Vec<Value> {
    let known: std::collections::HashSet<_> = second.iter().map(|item| key_of(item, comparer)).collect();
    let mut all = distinct(first, comparer);
    all.retain(|item| known.contains(&key_of(item, comparer)) == wanted);
    all
}

fn set(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let ty = Type::generic("System.Collections.Generic.HashSet", vec![c.ty(0)]);
    let set = Dictionary::new(ty, super::linq::ignores_case(c.value(1)));
    for item in collect(m, &source(c)?)? {
        m.charge(64)?;
        set.set(item.clone(), item);
    }
    Ok(Value::Dictionary(set))
}

fn decimal_zero() -> Value {
    arithmetic::convert(&Type::DECIMAL, &Value::Int(0), false).unwrap_or(Value::Int(0))
}

const MEMBERS: &[(&str, Run)] = &[
    (
        "static IEnumerable<R> Zip<A, B, R>(this IEnumerable<A> first, IEnumerable<B> second, Func<A, B, R> resultSelector)",
        |_, c| zip(c),
    ),
    (
        "static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, int, IEnumerable<R>> selector)",
        |_, c| select_many(c),
    ),
    (
        "static IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, Func<T, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)",
        |_, c| select_many(c),
    ),
    ("static IEnumerable<R> Cast<R>(this IEnumerable source)", |_, c| typed(c, false)),
    ("static IEnumerable<R> OfType<R>(this IEnumerable source)", |_, c| typed(c, true)),
    ("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)", |_, c| {
        indexed_where(c)
    }),
    ("static IEnumerable<T> AsEnumerable<T>(this IEnumerable<T> source)", |_, c| Ok(c.value(0).clone())),
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
    ("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source, StringComparer comparer)", |_, c| {
        whole(c, |_, items, comparer| Ok(distinct(items, comparer)))
    }),
    (
        "static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second, StringComparer comparer)",
        |_, c| combined(c, |a, b, comparer| distinct(a.into_iter().chain(b).collect(), comparer)),
    ),
    (
        "static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second, StringComparer comparer)",
        |_, c| combined(c, |a, b, comparer| members(a, &b, (comparer, false))),
    ),
    (
        "static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second, StringComparer comparer)",
        |_, c| combined(c, |a, b, comparer| members(a, &b, (comparer, true))),
    ),
    ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source)", set),
    ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source, StringComparer comparer)", set),
    ("static long LongCount<T>(this IEnumerable<T> source)", |m, c| {
        Ok(Value::Long(collect(m, &source(c)?)?.len() as i64))
    }),
    ("static decimal Sum(this IEnumerable<decimal> source)", |m, c| sum(m, c, decimal_zero())),
    ("static decimal Sum<T>(this IEnumerable<T> source, Func<T, decimal> selector)", |m, c| {
        sum(m, c, decimal_zero())
    }),
    ("static float Sum(this IEnumerable<float> source)", |m, c| sum(m, c, Value::Float(0.0))),
    ("static int? Sum<T>(this IEnumerable<T> source, Func<T, int?> selector)", |m, c| {
        sum(m, c, Value::Int(0))
    }),
    ("static double? Sum<T>(this IEnumerable<T> source, Func<T, double?> selector)", |m, c| {
        sum(m, c, Value::Double(0.0))
    }),
    ("static double Average(this IEnumerable<long> source)", average),
    ("static decimal Average(this IEnumerable<decimal> source)", average),
    ("static double Average<T>(this IEnumerable<T> source, Func<T, int> selector)", average),
    ("static double Average<T>(this IEnumerable<T> source, Func<T, long> selector)", average),
    ("static double Average<T>(this IEnumerable<T> source, Func<T, double> selector)", average),
    ("static decimal Average<T>(this IEnumerable<T> source, Func<T, decimal> selector)", average),
    (
        "static R Aggregate<T, A, R>(this IEnumerable<T> source, A seed, Func<A, T, A> func, Func<A, R> resultSelector)",
        |m, c| {
            let mut total = c.value(1).clone();
            for item in collect(m, &source(c)?)? {
                total = m.invoke(c.value(2), &[total, item])?;
            }
            m.invoke(c.value(3), &[total])
        },
    ),
    ("static T ElementAtOrDefault<T>(this IEnumerable<T> source, long index)", |m, c| {
        let items = collect(m, &source(c)?)?;
        let found = usize::try_from(c.integer(1)).ok().and_then(|at| items.get(at).cloned());
        Ok(found.unwrap_or_else(|| convert::default(&c.ty(0))))
    }),
    (
        "static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, StringComparer comparer)",
        |m, c| super::linq::dictionary(m, Call { arguments: &c.arguments[..2], types: c.types }, c.value(2)),
    ),
    (
        "static Dictionary<K, V> ToDictionary<T, K, V>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, V> elementSelector, StringComparer comparer)",
        |m, c| super::linq::dictionary(m, Call { arguments: &c.arguments[..3], types: c.types }, c.value(3)),
    ),
];

pub const REST: TypeRow = TypeRow {
    name: "System.Linq._rest",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: MEMBERS,
    missing: &[],
};
