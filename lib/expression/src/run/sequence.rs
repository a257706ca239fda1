//! `IEnumerable`: elements that are computed when they are asked for.

use std::fmt;
use std::sync::Arc;

use super::Machine;
use crate::failure::{Outcome, Throw, null_reference};
use crate::stack::deep;
use crate::ty::Type;
use crate::value::{Record, Value};

/// Yields elements one after the other.
pub type Iter = Box<dyn FnMut(&mut Machine<'_>) -> Outcome<Option<Value>> + Send>;

type Start = dyn Fn(&mut Machine<'_>) -> Outcome<Iter> + Send + Sync;

/// A sequence that can be enumerated any number of times.
pub struct Sequence {
    pub element: Type,
    start: Box<Start>,
    /// How it is ordered, for `ThenBy`.
    pub order: Option<Arc<Order>>,
}

/// What `OrderBy` and `ThenBy` sort by.
#[derive(Debug)]
pub struct Order {
    pub source: Value,
    pub keys: Vec<OrderKey>,
}

#[derive(Debug, Clone)]
pub struct OrderKey {
    pub selector: Value,
    pub descending: bool,
    pub ignore_case: bool,
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
        Value::Sequence(Arc::new(Self { element, start: Box::new(start), order: None }))
    }

    /// A sequence with an order.
    pub fn ordered(
        element: Type,
        order: Arc<Order>,
        start: impl Fn(&mut Machine<'_>) -> Outcome<Iter> + Send + Sync + 'static,
    ) -> Value {
        Value::Sequence(Arc::new(Self { element, start: Box::new(start), order: Some(order) }))
    }
}

/// Begins to enumerate a value.
pub fn iterate(machine: &mut Machine<'_>, value: &Value) -> Outcome<Iter> {
    let items = match value {
        Value::Null => return Err(null_reference()),
        Value::Sequence(sequence) => return begin(machine, sequence),
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

/// How deep sequences may be made of sequences.
const NESTED: usize = 1000;

/// An enumeration whose end must not overflow the stack.
struct Guarded(Iter);

impl Drop for Guarded {
    fn drop(&mut self) {
        let inner = std::mem::replace(&mut self.0, Box::new(|_| Ok(None)));
        deep(|| drop(inner));
    }
}

impl Drop for Sequence {
    fn drop(&mut self) {
        let start = std::mem::replace(&mut self.start, Box::new(|_| Ok(over(Vec::new()))));
        deep(|| drop(start));
    }
}

fn begin(machine: &mut Machine<'_>, sequence: &Sequence) -> Outcome<Iter> {
    machine.tick()?;
    machine.sequences += 1;
    if machine.sequences > NESTED {
        return Err(Throw::Limit("nested sequences"));
    }
    let begun = deep(|| (sequence.start)(machine));
    machine.sequences -= 1;
    let mut guarded = Guarded(begun?);
    Ok(Box::new(move |machine| deep(|| (guarded.0)(machine))))
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
