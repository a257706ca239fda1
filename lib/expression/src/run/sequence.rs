//! `IEnumerable`: elements that are computed when they are asked for.

use std::fmt;
use std::sync::Arc;

use super::Machine;
use crate::failure::{Outcome, null_reference};
use crate::ty::Type;
use crate::value::{Record, Value};

/// Yields elements one after the other.
pub type Iter = Box<dyn FnMut(&mut Machine<'_>) -> Outcome<Option<Value>> + Send>;

type Start = dyn Fn(&mut Machine<'_>) -> Outcome<Iter> + Send + Sync;

/// A sequence that can be enumerated any number of times.
pub struct Sequence {
    pub element: Type,
    start: Box<Start>,
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IEnumerable<{}>", self.element)
    }
}

impl Sequence {
    /// A sequence that `start` begins anew each time.
    pub fn value(
        element: Type,
        start: impl Fn(&mut Machine<'_>) -> Outcome<Iter> + Send + Sync + 'static,
    ) -> Value {
        Value::Sequence(Arc::new(Self { element, start: Box::new(start) }))
    }
}

/// Begins to enumerate a value.
pub fn iterate(machine: &mut Machine<'_>, value: &Value) -> Outcome<Iter> {
    let items = match value {
        Value::Null => return Err(null_reference()),
        Value::Sequence(sequence) => return (sequence.start)(machine),
        Value::Array(items) | Value::List(items) => {
            // Elements are read as they are reached; the length may change meanwhile.
            let items = Arc::clone(items);
            let mut at = 0;
            return Ok(Box::new(move |_| {
                at += 1;
                Ok(items.lock().get(at - 1).cloned())
            }));
        }
        Value::String(text) => {
            let text = text.clone();
            let mut at = 0;
            return Ok(Box::new(move |_| {
                at += 1;
                Ok(text.unit(at - 1).map(Value::Char))
            }));
        }
        Value::Dictionary(dictionary) => {
            let arguments = dictionary.ty.arguments();
            let entries = dictionary.lock();
            match arguments {
                [_] => entries.values().map(|(key, _)| key.clone()).collect(),
                _ => entries.values().map(|(k, v)| Record::pair(arguments, k.clone(), v.clone())).collect(),
            }
        }
        Value::Host(object) => {
            let ty = object.ty();
            let arguments = ty.arguments();
            object.entries().into_iter().map(|(k, v)| Record::pair(arguments, k, v)).collect()
        }
        Value::Json(token) => token.children(),
        Value::Native(native) => crate::types::elements(&**native),
        _ => Vec::new(),
    };
    Ok(over(items))
}

/// Enumerates what is there already.
pub fn over(items: Vec<Value>) -> Iter {
    let mut items = items.into_iter();
    Box::new(move |_| Ok(items.next()))
}

/// All elements.
pub fn collect(machine: &mut Machine<'_>, value: &Value) -> Outcome<Vec<Value>> {
    match value {
        Value::Array(items) | Value::List(items) => {
            let items = items.lock().clone();
            machine.charge(items.len() * size_of::<Value>())?;
            return Ok(items);
        }
        _ => {}
    }
    let mut next = iterate(machine, value)?;
    let mut found = Vec::new();
    while let Some(item) = next(machine)? {
        machine.tick()?;
        machine.charge(size_of::<Value>())?;
        found.push(item);
    }
    Ok(found)
}
