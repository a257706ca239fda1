//! Filters of lists, and of anything.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::{LONGEST, Value, argument};

type Result = std::result::Result<Value, String>;

fn list(items: Vec<Value>) -> Result {
    Ok(Value::List(Arc::new(items)))
}

/// A single value counts as a list of itself.
fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Nil => Vec::new(),
        Value::List(items) => items.to_vec(),
        Value::Host(_) if value.size() > Some(0) => value.items(),
        other => vec![other.clone()],
    }
}

pub fn compact(value: &Value, _: &[Value]) -> Result {
    list(items(value).into_iter().filter(|item| !matches!(item, Value::Nil)).collect())
}

pub fn default(value: &Value, arguments: &[Value]) -> Result {
    let is_missing = matches!(value, Value::Nil | Value::Bool(false)) || value.size() == Some(0);
    Ok(if is_missing { arguments.first().cloned().unwrap_or(Value::Nil) } else { value.clone() })
}

pub fn first(value: &Value, _: &[Value]) -> Result {
    Ok(match value {
        Value::Text(text) => text.chars().next().map_or(Value::Nil, |first| Value::text(first.to_string())),
        other => items(other).into_iter().next().unwrap_or(Value::Nil),
    })
}

pub fn last(value: &Value, _: &[Value]) -> Result {
    Ok(match value {
        Value::Text(text) => {
            text.chars().next_back().map_or(Value::Nil, |last| Value::text(last.to_string()))
        }
        other => items(other).into_iter().next_back().unwrap_or(Value::Nil),
    })
}

pub fn join(value: &Value, arguments: &[Value]) -> Result {
    let between = if arguments.is_empty() { " ".to_owned() } else { argument(arguments, 0) };
    let parts: Vec<String> = items(value).iter().map(Value::written).collect();
    if parts.len().saturating_mul(between.len()) > LONGEST {
        return Err(format!("Liquid error: what is joined is longer than {LONGEST} bytes"));
    }
    Ok(Value::text(parts.join(&between)))
}

pub fn map(value: &Value, arguments: &[Value]) -> Result {
    let property = Value::text(argument(arguments, 0));
    list(items(value).iter().map(|item| item.get(&property)).collect())
}

pub fn reverse(value: &Value, _: &[Value]) -> Result {
    Ok(match value {
        Value::Text(_) => value.clone(),
        other => Value::List(Arc::new(items(other).into_iter().rev().collect())),
    })
}

pub fn size(value: &Value, _: &[Value]) -> Result {
    Ok(Value::Int(value.size().unwrap_or(0)))
}

pub fn sort(value: &Value, arguments: &[Value]) -> Result {
    let property = arguments.first().map(|name| Value::text(name.written()));
    let key = |item: &Value| property.as_ref().map_or_else(|| item.clone(), |property| item.get(property));
    let mut sorted: Vec<(Value, Value)> = items(value).into_iter().map(|item| (key(&item), item)).collect();
    sorted.sort_by(|(left, _), (right, _)| match (left, right) {
        (Value::Nil, Value::Nil) => Ordering::Equal,
        (Value::Nil, _) => Ordering::Less,
        (_, Value::Nil) => Ordering::Greater,
        _ => left.partial_cmp(right).unwrap_or_else(|| left.written().cmp(&right.written())),
    });
    list(sorted.into_iter().map(|(_, item)| item).collect())
}

pub fn uniq(value: &Value, _: &[Value]) -> Result {
    let mut seen = HashSet::new();
    list(items(value).into_iter().filter(|item| seen.insert(item.written())).collect())
}
