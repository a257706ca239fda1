//! `Distinct`, `Union`, `Except`, `Intersect` and `ToHashSet` of `System.Linq.Enumerable`.

use indexmap::IndexMap;

use super::linq::{key_of, source, whole};
use crate::failure::Outcome;
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::run::sequence::{Sequence, collect, over};
use crate::value::Value;

/// Each value once, as the comparer sees it; there may be none.
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

fn unique(c: Call<'_>) -> Outcome {
    whole(c, |_, items, comparer| Ok(distinct(items, comparer)))
}

fn united(c: Call<'_>) -> Outcome {
    combined(c, |first, second, comparer| distinct(first.into_iter().chain(second).collect(), comparer))
}

fn except(c: Call<'_>) -> Outcome {
    combined(c, |first, second, comparer| members(first, &second, (comparer, false)))
}

fn intersected(c: Call<'_>) -> Outcome {
    combined(c, |first, second, comparer| members(first, &second, (comparer, true)))
}

fn set(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    super::hash_set::new_set(m, c, (&source(c)?, c.value(1)))
}

macro_rules! set_operators {
    ($($name:literal $run:expr),*) => {
        &[
            ("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source)", |_, c| unique(c)),
            ("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source, StringComparer comparer)", |_, c| unique(c)),
            ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source)", set),
            ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source, StringComparer comparer)", set),
            $(
                (
                    concat!("static IEnumerable<T> ", $name, "<T>(this IEnumerable<T> first, IEnumerable<T> second)"),
                    |_, c| $run(c),
                ),
                (
                    concat!("static IEnumerable<T> ", $name, "<T>(this IEnumerable<T> first, IEnumerable<T> second, StringComparer comparer)"),
                    |_, c| $run(c),
                ),
            )*
        ]
    };
}

const MEMBERS: &[(&str, Run)] = set_operators!("Union" united, "Except" except, "Intersect" intersected);

pub const SETS: TypeRow = TypeRow {
    name: "System.Linq.Enumerable",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: MEMBERS,
    missing: &[],
};
