//! Searching, sorting, converting and copying arrays and lists.

use std::cmp::Ordering;
use std::sync::Arc;

use super::linq::ignores_case;
use crate::failure::{Outcome, Throw, null_argument, null_reference, out_of_range, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::collect;
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::{Items, Value};

fn items(value: &Value) -> Outcome<&Arc<Items>> {
    match value {
        Value::Array(items) | Value::List(items) => Ok(items),
        Value::Null => Err(null_argument("array")),
        _ => Err(null_reference()),
    }
}

const fn row(
    (name, generics): (&'static str, &'static [&'static str]),
    members: &'static [(&'static str, Run)],
) -> TypeRow {
    TypeRow { name, generics, form: Form::Class, bases: &[], members, missing: &[] }
}

/// What a search answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    All,
    Every,
    FirstIndex,
    Last,
    LastIndex,
}

/// Looks for elements that match the predicate in the second argument.
fn search(m: &mut Machine<'_>, c: Call<'_>, answer: Answer) -> Outcome {
    let all = collect(m, c.value(0))?;
    let mut found = Vec::new();
    for (index, item) in all.iter().enumerate() {
        let holds = m.test(c.value(1), item)?;
        if holds {
            m.charge(size_of::<Value>())?;
            found.push((index, item.clone()));
        }
        match answer {
            Answer::FirstIndex if holds => break,
            Answer::Every if !holds => return Ok(Value::Bool(false)),
            _ => {}
        }
    }
    let element = || c.types.last().cloned().unwrap_or(Type::OBJECT);
    let one = found.last().cloned();
    Ok(match answer {
        Answer::Every => Value::Bool(true),
        Answer::Last => one.map_or_else(|| convert::default(&element()), |(_, item)| item),
        Answer::FirstIndex | Answer::LastIndex => Value::Int(one.map_or(-1, |(index, _)| index as i32)),
        Answer::All => {
            let kept = found.into_iter().map(|(_, item)| item).collect();
            match c.value(0) {
                Value::List(_) => Value::List(Items::new(Type::list(element()), kept)),
                _ => Value::array(element(), kept),
            }
        }
    })
}

fn converted(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let element = c.types.last().cloned().unwrap_or(Type::OBJECT);
    let mut all = Vec::new();
    for item in collect(m, c.value(0))? {
        all.push(m.invoke(c.value(1), &[item])?);
    }
    Ok(match c.value(0) {
        Value::List(_) => Value::List(Items::new(Type::list(element), all)),
        _ => Value::array(element, all),
    })
}

fn for_each(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    for item in collect(m, c.value(0))? {
        m.invoke(c.value(1), &[item])?;
    }
    Ok(Value::Null)
}

/// Sorts by a delegate; merge sort, so that the delegate may be inconsistent.
fn sort_by(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut runs: Vec<Vec<Value>> = collect(m, c.value(0))?.into_iter().map(|item| vec![item]).collect();
    while runs.len() > 1 {
        let mut merged = Vec::new();
        let mut pairs = runs.into_iter();
        while let Some(left) = pairs.next() {
            match pairs.next() {
                Some(right) => merged.push(merge(m, c.value(1), (left, right))?),
                None => merged.push(left),
            }
        }
        runs = merged;
    }
    *items(c.value(0))?.lock() = runs.pop().unwrap_or_default();
    Ok(Value::Null)
}

fn merge(
    m: &mut Machine<'_>,
    compare: &Value,
    (left, right): (Vec<Value>, Vec<Value>),
) -> Outcome<Vec<Value>> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let order = m.invoke(compare, &[a.clone(), b.clone()])?;
        let next = if arithmetic::integer(&order) <= 0 { left.next() } else { right.next() };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}

fn sort_with(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let folded = |value: &Value| match value {
        Value::String(text) if ignores_case(c.value(1)) => Value::text(&text.text().to_uppercase()),
        other => other.clone(),
    };
    let order = |a: &Value, b: &Value| arithmetic::order(&folded(a), &folded(b)).unwrap_or(Ordering::Equal);
    items(c.value(0))?.lock().sort_by(order);
    Ok(Value::Null)
}

fn outside() -> Throw {
    out_of_range(
        "Index was out of range. Must be non-negative and less than the size of the collection.",
        "index",
    )
}

/// The part of a list that starts at one number and is as long as the next one says.
fn part(length: usize, c: Call<'_>, at: usize) -> Outcome<std::ops::Range<usize>> {
    let range = usize::try_from(c.integer(at)).ok().zip(usize::try_from(c.integer(at + 1)).ok());
    let range = range.and_then(|(from, count)| Some(from..from.checked_add(count)?));
    match range.filter(|range| range.end <= length) {
        Some(range) => Ok(range),
        None => throw(
            "System.ArgumentException",
            "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        ),
    }
}

fn copy_to(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let moved = items(c.value(0))?.lock().clone();
    let arguments = [Value::Null, c.value(2).clone(), Value::Int(moved.len() as i32)];
    let mut target = items(c.value(1))?.lock();
    let range = part(target.len(), Call { arguments: &arguments, types: &[] }, 1)?;
    target.splice(range, moved);
    Ok(Value::Null)
}

fn binary_search(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let items = items(c.value(0))?.lock();
    let order = |item: &Value| arithmetic::order(item, c.value(1)).unwrap_or(Ordering::Equal);
    Ok(Value::Int(match items.binary_search_by(order) {
        Ok(at) => at as i32,
        Err(at) => !(at as i32),
    }))
}

fn index_of(c: Call<'_>, last: bool) -> Outcome {
    let from = usize::try_from(c.integer(2)).map_err(|_| outside())?;
    let items = items(c.value(0))?.lock();
    let same = |item: &Value| convert::equal(item, c.value(1));
    let found = if last {
        items.iter().rposition(same)
    } else {
        items.iter().skip(from).position(same).map(|at| at + from)
    };
    Ok(Value::Int(found.map_or(-1, |at| at as i32)))
}

fn place(c: Call<'_>, index: usize) -> Outcome<usize> {
    let length = items(c.value(0))?.lock().len();
    let found = usize::try_from(c.integer(index)).ok().filter(|at| *at < length);
    match found {
        Some(at) => Ok(at),
        None => throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array."),
    }
}

pub const ARRAY: TypeRow = row(
    ("System.Array", &[]),
    &[
        ("int Rank { get; }", |_, _| Ok(Value::Int(1))),
        ("long LongLength { get; }", |_, c| Ok(Value::Long(items(c.value(0))?.lock().len() as i64))),
        ("int GetLength(int dimension)", |_, c| Ok(Value::Int(items(c.value(0))?.lock().len() as i32))),
        ("int GetLowerBound(int dimension)", |_, _| Ok(Value::Int(0))),
        ("int GetUpperBound(int dimension)", |_, c| {
            Ok(Value::Int(items(c.value(0))?.lock().len() as i32 - 1))
        }),
        ("object GetValue(int index)", |_, c| {
            let at = place(c, 1)?;
            Ok(items(c.value(0))?.lock().get(at).cloned().unwrap_or(Value::Null))
        }),
        ("void SetValue(object value, int index)", |_, c| {
            let at = place(c, 2)?;
            if let Some(item) = items(c.value(0))?.lock().get_mut(at) {
                *item = c.value(1).clone();
            }
            Ok(Value::Null)
        }),
        ("object Clone()", |m, c| {
            let all = collect(m, c.value(0))?;
            Ok(Value::Array(Items::new(items(c.value(0))?.ty.clone(), all)))
        }),
        ("void CopyTo(Array array, int index)", copy_to),
        ("static void Clear(Array array, int index, int length)", |_, c| {
            let array = items(c.value(0))?;
            let default = convert::default(&array.element());
            let mut items = array.lock();
            let range = part(items.len(), c, 1)?;
            items.get_mut(range).into_iter().flatten().for_each(|item| *item = default.clone());
            Ok(Value::Null)
        }),
        ("static T[] FindAll<T>(T[] array, Predicate<T> match)", |m, c| search(m, c, Answer::All)),
        ("static T FindLast<T>(T[] array, Predicate<T> match)", |m, c| search(m, c, Answer::Last)),
        ("static int FindIndex<T>(T[] array, Predicate<T> match)", |m, c| search(m, c, Answer::FirstIndex)),
        ("static int FindLastIndex<T>(T[] array, Predicate<T> match)", |m, c| {
            search(m, c, Answer::LastIndex)
        }),
        ("static bool TrueForAll<T>(T[] array, Predicate<T> match)", |m, c| search(m, c, Answer::Every)),
        ("static R[] ConvertAll<T, R>(T[] array, Func<T, R> converter)", converted),
        ("static void ForEach<T>(T[] array, Action<T> action)", for_each),
        ("static void Sort<T>(T[] array, Comparison<T> comparison)", sort_by),
        ("static void Sort(string[] array, StringComparer comparer)", sort_with),
        ("static void Fill<T>(T[] array, T value)", |_, c| {
            items(c.value(0))?.lock().fill(c.value(1).clone());
            Ok(Value::Null)
        }),
        ("static void Reverse(Array array, int index, int length)", |_, c| {
            let mut items = items(c.value(0))?.lock();
            let range = part(items.len(), c, 1)?;
            if let Some(part) = items.get_mut(range) {
                part.reverse();
            }
            Ok(Value::Null)
        }),
        ("static int IndexOf<T>(T[] array, T value, int startIndex)", |_, c| index_of(c, false)),
        ("static int LastIndexOf<T>(T[] array, T value)", |_, c| index_of(c, true)),
        ("static int BinarySearch<T>(T[] array, T value)", binary_search),
    ],
);

pub const LIST: TypeRow = row(
    ("System.Collections.Generic.List", &["T"]),
    &[
        ("int Capacity { get; }", |_, c| {
            Ok(Value::Int(items(c.value(0))?.lock().len().next_power_of_two() as i32))
        }),
        ("List<T> FindAll(Predicate<T> match)", |m, c| search(m, c, Answer::All)),
        ("T FindLast(Predicate<T> match)", |m, c| search(m, c, Answer::Last)),
        ("int FindIndex(Predicate<T> match)", |m, c| search(m, c, Answer::FirstIndex)),
        ("int FindLastIndex(Predicate<T> match)", |m, c| search(m, c, Answer::LastIndex)),
        ("bool TrueForAll(Predicate<T> match)", |m, c| search(m, c, Answer::Every)),
        ("List<R> ConvertAll<R>(Func<T, R> converter)", converted),
        ("void Sort(Comparison<T> comparison)", sort_by),
        ("void Sort(StringComparer comparer)", sort_with),
        ("T[] ToArray()", |m, c| Ok(Value::array(c.ty(0), collect(m, c.value(0))?))),
        ("int LastIndexOf(T item)", |_, c| index_of(c, true)),
        ("int BinarySearch(T item)", binary_search),
        ("void CopyTo(T[] array)", copy_to),
        ("void CopyTo(T[] array, int arrayIndex)", copy_to),
        ("List<T> GetRange(int index, int count)", |m, c| {
            let all = collect(m, c.value(0))?;
            let range = part(all.len(), c, 1)?;
            let kept = all.get(range).unwrap_or_default().to_vec();
            Ok(Value::List(Items::new(Type::list(c.ty(0)), kept)))
        }),
        ("void RemoveRange(int index, int count)", |_, c| {
            let mut items = items(c.value(0))?.lock();
            let range = part(items.len(), c, 1)?;
            items.drain(range);
            Ok(Value::Null)
        }),
        ("void InsertRange(int index, IEnumerable<T> collection)", |m, c| {
            let more = collect(m, c.value(2))?;
            let mut items = items(c.value(0))?.lock();
            let at =
                usize::try_from(c.integer(1)).ok().filter(|at| *at <= items.len()).ok_or_else(outside)?;
            items.splice(at..at, more);
            Ok(Value::Null)
        }),
        ("IEnumerable<T> AsReadOnly()", |_, c| Ok(c.value(0).clone())),
        ("void TrimExcess()", |_, _| Ok(Value::Null)),
    ],
);
