//! `Queue`, `Stack`, `IEnumerator` and `Tuple`.

use std::sync::Arc;

use crate::failure::{Outcome, null_reference, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::run::sequence::collect;
use crate::ty::Type;
use crate::value::{Items, Record, Value};

const QUEUE_NAME: &str = "System.Collections.Generic.Queue";
const STACK_NAME: &str = "System.Collections.Generic.Stack";

fn new(m: &mut Machine<'_>, c: Call<'_>, (name, source): (&'static str, Option<usize>)) -> Outcome {
    let mut items = match source {
        Some(at) => collect(m, c.value(at))?,
        None => Vec::new(),
    };
    if name == STACK_NAME {
        items.reverse();
    }
    Ok(Value::List(Items::new(Type::generic(name, c.types.to_vec()), items)))
}

fn items(c: Call<'_>) -> Outcome<&Arc<Items>> {
    match c.value(0) {
        Value::List(items) => Ok(items),
        _ => Err(null_reference()),
    }
}

/// The next element; both kinds keep it first.
fn next(c: Call<'_>, (what, keep): (&str, bool)) -> Outcome {
    let mut items = items(c)?.lock();
    let Some(first) = items.first().cloned() else {
        return throw("System.InvalidOperationException", format!("{what} empty."));
    };
    if !keep {
        items.remove(0);
    }
    Ok(first)
}

fn put(m: &mut Machine<'_>, c: Call<'_>, at: usize) -> Outcome {
    m.charge(size_of::<Value>())?;
    let mut items = items(c)?.lock();
    let at = at.min(items.len());
    m.ticks((items.len() - at) as u64 / 64)?;
    items.insert(at, c.value(1).clone());
    Ok(Value::Null)
}

fn attempt(m: &mut Machine<'_>, c: Call<'_>, keep: bool) -> Outcome {
    let found = next(c, ("", keep)).ok();
    let good = found.is_some();
    m.rare().outs.push(found.unwrap_or_else(|| crate::run::convert::default(&c.ty(0))));
    Ok(Value::Bool(good))
}

const fn row(
    (name, generics): (&'static str, &'static [&'static str]),
    bases: &'static [&'static str],
    members: &'static [(&'static str, Run)],
) -> TypeRow {
    TypeRow { name, generics, form: Form::Class, bases, members, missing: &[] }
}

const CLEAR: Run = |_, c| {
    items(c)?.lock().clear();
    Ok(Value::Null)
};
const CONTAINS: Run =
    |_, c| Ok(Value::Bool(items(c)?.lock().iter().any(|item| crate::run::convert::equal(item, c.value(1)))));

pub const QUEUE: TypeRow = row(
    (QUEUE_NAME, &["T"]),
    &["IReadOnlyCollection<T>"],
    &[
        ("new()", |m, c| new(m, c, (QUEUE_NAME, None))),
        ("new(int capacity)", |m, c| new(m, c, (QUEUE_NAME, None))),
        ("new(IEnumerable<T> collection)", |m, c| new(m, c, (QUEUE_NAME, Some(0)))),
        ("void Enqueue(T item)", |m, c| put(m, c, usize::MAX)),
        ("T Dequeue()", |_, c| next(c, ("Queue", false))),
        ("T Peek()", |_, c| next(c, ("Queue", true))),
        ("bool TryDequeue(out T result)", |m, c| attempt(m, c, false)),
        ("bool TryPeek(out T result)", |m, c| attempt(m, c, true)),
        ("void Clear()", CLEAR),
        ("bool Contains(T item)", CONTAINS),
    ],
);

pub const STACK: TypeRow = row(
    (STACK_NAME, &["T"]),
    &["IReadOnlyCollection<T>"],
    &[
        ("new()", |m, c| new(m, c, (STACK_NAME, None))),
        ("new(int capacity)", |m, c| new(m, c, (STACK_NAME, None))),
        ("new(IEnumerable<T> collection)", |m, c| new(m, c, (STACK_NAME, Some(0)))),
        ("void Push(T item)", |m, c| put(m, c, 0)),
        ("T Pop()", |_, c| next(c, ("Stack", false))),
        ("T Peek()", |_, c| next(c, ("Stack", true))),
        ("bool TryPop(out T result)", |m, c| attempt(m, c, false)),
        ("bool TryPeek(out T result)", |m, c| attempt(m, c, true)),
        ("void Clear()", CLEAR),
        ("bool Contains(T item)", CONTAINS),
    ],
);

fn field(c: Call<'_>, at: usize) -> Outcome {
    match c.value(0) {
        Value::Record(record) => Ok(record.fields.get(at).cloned().unwrap_or(Value::Null)),
        _ => Err(null_reference()),
    }
}

fn tuple(c: Call<'_>) -> Outcome {
    let ty = Type::generic("System.Tuple", c.types.to_vec());
    Ok(Value::Record(Arc::new(Record { ty, fields: c.arguments.to_vec() })))
}

pub const TUPLE: TypeRow = row(
    ("System.Tuple", &[]),
    &[],
    &[
        ("static Tuple<A> Create<A>(A item1)", |_, c| tuple(c)),
        ("static Tuple<A, B> Create<A, B>(A item1, B item2)", |_, c| tuple(c)),
        ("static Tuple<A, B, C> Create<A, B, C>(A item1, B item2, C item3)", |_, c| tuple(c)),
        ("static Tuple<A, B, C, D> Create<A, B, C, D>(A item1, B item2, C item3, D item4)", |_, c| tuple(c)),
    ],
);

const fn of(generics: &'static [&'static str], members: &'static [(&'static str, Run)]) -> TypeRow {
    row(("System.Tuple", generics), &[], members)
}

pub const TUPLE_1: TypeRow =
    of(&["A"], &[("new(A item1)", |_, c| tuple(c)), ("A Item1 { get; }", |_, c| field(c, 0))]);
pub const TUPLE_2: TypeRow =
    of(&["A", "B"], &[("new(A item1, B item2)", |_, c| tuple(c)), ("B Item2 { get; }", |_, c| field(c, 1))]);
pub const TUPLE_3: TypeRow = of(
    &["A", "B", "C"],
    &[("new(A item1, B item2, C item3)", |_, c| tuple(c)), ("C Item3 { get; }", |_, c| field(c, 2))],
);
pub const TUPLE_4: TypeRow = of(
    &["A", "B", "C", "D"],
    &[("new(A item1, B item2, C item3, D item4)", |_, c| tuple(c)), ("D Item4 { get; }", |_, c| field(c, 3))],
);
