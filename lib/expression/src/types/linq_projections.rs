//! `Zip`, `SelectMany`, `Cast`, `OfType` and `Where` with an index of `System.Linq.Enumerable`.

use super::linq::source;
use crate::failure::Outcome;
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::{Iter, Sequence, collect, iterate, over};
use crate::run::{Machine, convert};
use crate::ty::Type;
use crate::value::Value;

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
];

pub const PROJECTIONS: TypeRow = TypeRow {
    name: "System.Linq.Enumerable",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: MEMBERS,
    missing: &[],
};
