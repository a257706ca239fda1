//! What `System.Linq.Enumerable` makes one value of: `Sum`, `Average`, `Min`, `Max`, `LongCount`, `Aggregate`.

use super::linq::{empty, source};
use crate::failure::Outcome;
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::node::Op;
use crate::run::sequence::collect;
use crate::run::{Machine, arithmetic};
use crate::ty::Type;
use crate::value::Value;

/// The elements, or what the selector makes of them; what is null does not count.
fn selected(m: &mut Machine<'_>, c: Call<'_>) -> Outcome<Vec<Value>> {
    let mut found = collect(m, &source(c)?)?;
    if c.sets(1) {
        for item in &mut found {
            *item = m.invoke(c.value(1), std::slice::from_ref(item))?;
        }
    }
    found.retain(|item| !item.is_null());
    Ok(found)
}

fn sum(m: &mut Machine<'_>, c: Call<'_>, zero: Value) -> Outcome {
    let mut total = zero;
    for item in selected(m, c)? {
        total = arithmetic::binary(Op::Add, &total, &item)?;
    }
    Ok(total)
}

fn extreme(m: &mut Machine<'_>, c: Call<'_>, most: bool) -> Outcome {
    let mut best: Option<Value> = None;
    for item in selected(m, c)? {
        let better = best.as_ref().is_none_or(|best| {
            arithmetic::order(&item, best)
                .is_some_and(|order| if most { order.is_gt() } else { order.is_lt() })
        });
        if better {
            best = Some(item);
        }
    }
    best.map_or_else(empty, Ok)
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

fn decimal_zero() -> Value {
    arithmetic::convert(&Type::DECIMAL, &Value::Int(0), false).unwrap_or(Value::Int(0))
}

const MEMBERS: &[(&str, Run)] = &[
    ("static int Sum(this IEnumerable<int> source)", |m, c| sum(m, c, Value::Int(0))),
    ("static long Sum(this IEnumerable<long> source)", |m, c| sum(m, c, Value::Long(0))),
    ("static double Sum(this IEnumerable<double> source)", |m, c| sum(m, c, Value::Double(0.0))),
    ("static int Sum<T>(this IEnumerable<T> source, Func<T, int> selector)", |m, c| sum(m, c, Value::Int(0))),
    ("static long Sum<T>(this IEnumerable<T> source, Func<T, long> selector)", |m, c| {
        sum(m, c, Value::Long(0))
    }),
    ("static double Sum<T>(this IEnumerable<T> source, Func<T, double> selector)", |m, c| {
        sum(m, c, Value::Double(0.0))
    }),
    ("static double Average(this IEnumerable<int> source)", average),
    ("static double Average(this IEnumerable<double> source)", average),
    ("static T Max<T>(this IEnumerable<T> source)", |m, c| extreme(m, c, true)),
    ("static R Max<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |m, c| extreme(m, c, true)),
    ("static T Min<T>(this IEnumerable<T> source)", |m, c| extreme(m, c, false)),
    ("static R Min<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |m, c| extreme(m, c, false)),
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
];

pub const NUMBERS: TypeRow = TypeRow {
    name: "System.Linq.Enumerable",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: MEMBERS,
    missing: &[],
};
