//! `OrderBy` and `ThenBy` of `System.Linq.Enumerable`.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::failure::{Outcome, null_argument};
use crate::registry::{Call, Form, TypeRow};
use crate::run::sequence::{Iter, Order, OrderKey, Sequence, collect, over};
use crate::run::{Machine, arithmetic};
use crate::ty::Type;
use crate::value::Value;

pub const I_ORDERED_ENUMERABLE: TypeRow = TypeRow {
    name: "System.Linq.IOrderedEnumerable",
    generics: &["T"],
    form: Form::Interface,
    bases: &["IEnumerable<T>"],
    members: &[],
    missing: &[],
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// A new order of a sequence, or one more key of its order.
fn ordered(c: Call<'_>, direction: Direction) -> Outcome {
    let (source, mut keys) = match c.value(0) {
        Value::Null => return Err(null_argument("source")),
        Value::Sequence(sequence) if sequence.order.is_some() => match &sequence.order {
            Some(order) => (order.source.clone(), order.keys.clone()),
            None => (c.value(0).clone(), Vec::new()),
        },
        other => (other.clone(), Vec::new()),
    };
    keys.push(OrderKey {
        selector: c.value(1).clone(),
        descending: direction == Direction::Down,
        ignore_case: super::linq::ignores_case(c.value(2)),
    });
    Ok(sequence(c.ty(0), Arc::new(Order { source, keys })))
}

/// `OrderBy` begins anew, whatever the order before was.
fn first(c: Call<'_>, direction: Direction) -> Outcome {
    let source = match c.value(0) {
        Value::Null => return Err(null_argument("source")),
        Value::Sequence(sequence) if sequence.order.is_some() => {
            let inner = Value::Sequence(Arc::clone(sequence));
            Sequence::value(c.ty(0), move |m| crate::run::sequence::iterate(m, &inner))
        }
        other => other.clone(),
    };
    let arguments: Vec<Value> = std::iter::once(source).chain(c.arguments.iter().skip(1).cloned()).collect();
    ordered(Call { arguments: &arguments, types: c.types }, direction)
}

fn sequence(element: Type, order: Arc<Order>) -> Value {
    let kept = Arc::clone(&order);
    Sequence::ordered(element, kept, move |m| sort(m, &order))
}

fn sort(m: &mut Machine<'_>, order: &Order) -> Outcome<Iter> {
    let mut keyed = Vec::new();
    for item in collect(m, &order.source)? {
        let mut keys = Vec::new();
        for key in &order.keys {
            let value = m.invoke(&key.selector, std::slice::from_ref(&item))?;
            keys.push(if key.ignore_case { upper(value) } else { value });
        }
        m.charge(keys.len() * size_of::<Value>())?;
        keyed.push((keys, item));
    }
    m.ticks(keyed.len() as u64 * 8)?;
    keyed.sort_by(|(a, _), (b, _)| {
        let pairs = order.keys.iter().zip(a.iter().zip(b));
        pairs.fold(Ordering::Equal, |known, (key, (a, b))| {
            known.then_with(|| {
                let order = arithmetic::order(a, b).unwrap_or_else(|| b.is_null().cmp(&a.is_null()));
                if key.descending { order.reverse() } else { order }
            })
        })
    });
    Ok(over(keyed.into_iter().map(|(_, item)| item).collect()))
}

fn upper(value: Value) -> Value {
    match value {
        Value::String(text) => Value::text(&text.text().to_uppercase()),
        other => other,
    }
}

pub const ORDERS: TypeRow = TypeRow {
    name: "System.Linq._orders",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: &[
        (
            "static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
            |_, c| first(c, Direction::Up),
        ),
        (
            "static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, StringComparer comparer)",
            |_, c| first(c, Direction::Up),
        ),
        (
            "static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
            |_, c| first(c, Direction::Down),
        ),
        (
            "static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, StringComparer comparer)",
            |_, c| first(c, Direction::Down),
        ),
        (
            "static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)",
            |_, c| ordered(c, Direction::Up),
        ),
        (
            "static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)",
            |_, c| ordered(c, Direction::Down),
        ),
    ],
    missing: &[],
};
