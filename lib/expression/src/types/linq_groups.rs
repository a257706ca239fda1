//! `GroupBy`, `ToLookup` and the joins of `System.Linq.Enumerable`.

use std::any::Any;

use indexmap::IndexMap;

use super::linq::key_of;
use crate::failure::{Outcome, null_argument, null_reference};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::run::sequence::{Sequence, collect, over};
use crate::ty::Type;
use crate::value::{Key, Native, Value};

/// Elements with the same key.
#[derive(Debug)]
pub struct Grouping {
    key: Value,
    pub items: Vec<Value>,
}

impl Native for Grouping {
    fn type_name(&self) -> &'static str {
        I_GROUPING.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Groups by their keys.
#[derive(Debug)]
pub struct Lookup {
    element: Type,
    pub groups: IndexMap<Key, Value>,
}

impl Native for Lookup {
    fn type_name(&self) -> &'static str {
        I_LOOKUP.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub const I_GROUPING: TypeRow = TypeRow {
    name: "System.Linq.IGrouping",
    generics: &["K", "T"],
    form: Form::Interface,
    bases: &["IEnumerable<T>"],
    members: &[("K Key { get; }", |_, c| Ok(c.native::<Grouping>(0)?.key.clone()))],
    missing: &[],
};

pub const I_LOOKUP: TypeRow = TypeRow {
    name: "System.Linq.ILookup",
    generics: &["K", "T"],
    form: Form::Interface,
    bases: &["IEnumerable<IGrouping<K, T>>"],
    members: &[
        ("int Count { get; }", |_, c| Ok(Value::Int(c.native::<Lookup>(0)?.groups.len() as i32))),
        ("bool Contains(K key)", |_, c| {
            Ok(Value::Bool(c.native::<Lookup>(0)?.groups.contains_key(&Key::of(c.value(1)))))
        }),
        ("IEnumerable<T> this[K key] { get; }", |_, c| {
            let lookup = c.native::<Lookup>(0)?;
            let found = lookup.groups.get(&Key::of(c.value(1))).cloned();
            Ok(found.unwrap_or_else(|| Value::array(lookup.element.clone(), Vec::new())))
        }),
    ],
    missing: &[],
};

/// How elements become groups.
struct Plan {
    source: Value,
    key: Value,
    element: Option<Value>,
    comparer: Value,
}

fn grouped(m: &mut Machine<'_>, plan: &Plan) -> Outcome<IndexMap<Key, Value>> {
    let mut groups: IndexMap<Key, Grouping> = IndexMap::new();
    for item in collect(m, &plan.source)? {
        m.charge(96)?;
        let key = m.invoke(&plan.key, std::slice::from_ref(&item))?;
        let item = match &plan.element {
            Some(element) => m.invoke(element, &[item])?,
            None => item,
        };
        let group = groups.entry(key_of(&key, &plan.comparer));
        group.or_insert_with(|| Grouping { key, items: Vec::new() }).items.push(item);
    }
    Ok(groups.into_iter().map(|(key, group)| (key, Value::native(group))).collect())
}

fn plan(c: Call<'_>, element: Option<usize>, comparer: Option<usize>) -> Outcome<Plan> {
    if c.value(0).is_null() {
        return Err(null_argument("source"));
    }
    Ok(Plan {
        source: c.value(0).clone(),
        key: c.value(1).clone(),
        element: element.map(|at| c.value(at).clone()),
        comparer: comparer.map_or(Value::Null, |at| c.value(at).clone()),
    })
}

/// The groups, each as the result selector makes it of its key and elements if there is one.
fn groups(c: Call<'_>, plan: Plan, result: Option<usize>) -> Outcome {
    let result = result.map(|at| c.value(at).clone());
    let element = c.types.last().cloned().unwrap_or(Type::OBJECT);
    let ty = if result.is_some() { element } else { Type::generic(I_GROUPING.name, vec![c.ty(1), element]) };
    Ok(Sequence::value(ty, move |m| {
        let mut out = Vec::new();
        for (_, group) in grouped(m, &plan)? {
            out.push(match (&result, &group) {
                (Some(result), Value::Native(native)) => {
                    let found = native.as_any().downcast_ref::<Grouping>().ok_or_else(null_reference)?;
                    m.invoke(result, &[found.key.clone(), group.clone()])?
                }
                _ => group,
            });
        }
        Ok(over(out))
    }))
}

fn lookup(m: &mut Machine<'_>, c: Call<'_>, plan: &Plan) -> Outcome {
    let element = c.types.last().cloned().unwrap_or(Type::OBJECT);
    Ok(Value::native(Lookup { element, groups: grouped(m, plan)? }))
}

/// What `Join` and `GroupJoin` do with the matches of an outer element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    Each,
    Together,
}

fn join(c: Call<'_>, kind: Join) -> Outcome {
    let [outer, inner, outer_key, inner_key, result] =
        [c.value(0), c.value(1), c.value(2), c.value(3), c.value(4)].map(Value::clone);
    let (ty, inner_ty) = (c.types.last().cloned().unwrap_or(Type::OBJECT), c.ty(1));
    Ok(Sequence::value(ty, move |m| {
        let plan =
            Plan { source: inner.clone(), key: inner_key.clone(), element: None, comparer: Value::Null };
        let groups = grouped(m, &plan)?;
        let mut out = Vec::new();
        for item in collect(m, &outer)? {
            let key = m.invoke(&outer_key, std::slice::from_ref(&item))?;
            let matches = groups.get(&Key::of(&key)).filter(|_| !key.is_null()).cloned();
            let matches = matches.unwrap_or_else(|| Value::array(inner_ty.clone(), Vec::new()));
            if kind == Join::Together {
                out.push(m.invoke(&result, &[item, matches])?);
                continue;
            }
            for other in collect(m, &matches)? {
                m.charge(size_of::<Value>())?;
                out.push(m.invoke(&result, &[item.clone(), other])?);
            }
        }
        Ok(over(out))
    }))
}

const MEMBERS: &[(&str, Run)] = &[
    (
        "static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
        |_, c| {
            let types = [c.ty(0), c.ty(1), c.ty(0)];
            groups(Call { types: &types, ..c }, plan(c, None, None)?, None)
        },
    ),
    (
        "static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, StringComparer comparer)",
        |_, c| {
            let types = [c.ty(0), c.ty(1), c.ty(0)];
            groups(Call { types: &types, ..c }, plan(c, None, Some(2))?, None)
        },
    ),
    (
        "static IEnumerable<IGrouping<K, E>> GroupBy<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |_, c| groups(c, plan(c, Some(2), None)?, None),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<K, IEnumerable<T>, R> resultSelector)",
        |_, c| groups(c, plan(c, None, None)?, Some(2)),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, E, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, Func<K, IEnumerable<E>, R> resultSelector)",
        |_, c| groups(c, plan(c, Some(2), None)?, Some(3)),
    ),
    ("static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |m, c| {
        let types = [c.ty(0)];
        lookup(m, Call { types: &types, ..c }, &plan(c, None, None)?)
    }),
    (
        "static ILookup<K, E> ToLookup<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |m, c| lookup(m, c, &plan(c, Some(2), None)?),
    ),
    (
        "static IEnumerable<R> Join<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, I, R> resultSelector)",
        |_, c| join(c, Join::Each),
    ),
    (
        "static IEnumerable<R> GroupJoin<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, IEnumerable<I>, R> resultSelector)",
        |_, c| join(c, Join::Together),
    ),
];

pub const GROUPS: TypeRow = TypeRow {
    name: "System.Linq._groups",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: MEMBERS,
    missing: &[],
};
