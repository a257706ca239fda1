//! Evaluates the compiled tree within bounds.

pub mod arithmetic;
pub mod convert;
mod evaluate;
pub mod function;
pub mod node;
pub mod sequence;
mod statement;

use std::sync::{Arc, Mutex};

use crate::failure::{Outcome, Throw};
use crate::host::Host;
use crate::text::Str;
use crate::value::{Exception, Value};
use function::{Body, Cell, Closure, Function, Place};

/// What one evaluation may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Operations: every call, loop and element of a sequence counts.
    pub steps: u64,
    /// Calls within calls.
    pub depth: usize,
    /// Memory asked for in total.
    pub bytes: usize,
    /// How often a regular expression may go back.
    pub regex_backtracks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 2_000_000, depth: 60, bytes: 48 << 20, regex_backtracks: 200_000 }
    }
}

/// One evaluation.
pub struct Machine<'h> {
    pub host: &'h dyn Host,
    pub limits: &'h Limits,
    steps: u64,
    bytes: usize,
    depth: usize,
    /// What `out` arguments got.
    pub outs: Vec<Value>,
    caught: Vec<Arc<Exception>>,
}

/// The variables of a function that runs.
pub struct Frame {
    locals: Vec<Value>,
    cells: Vec<Cell>,
}

impl<'h> Machine<'h> {
    pub fn new(host: &'h dyn Host, limits: &'h Limits) -> Self {
        Self {
            host,
            limits,
            steps: limits.steps,
            bytes: limits.bytes,
            depth: 0,
            outs: Vec::new(),
            caught: Vec::new(),
        }
    }

    /// Counts one step.
    pub fn tick(&mut self) -> Outcome<()> {
        self.ticks(1)
    }

    /// Counts steps.
    pub fn ticks(&mut self, steps: u64) -> Outcome<()> {
        self.steps = self.steps.checked_sub(steps).ok_or(Throw::Limit("steps"))?;
        Ok(())
    }

    /// Counts memory.
    pub fn charge(&mut self, bytes: usize) -> Outcome<()> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Throw::Limit("memory"))?;
        Ok(())
    }

    /// A string that was made.
    pub fn string(&mut self, text: impl Into<Str>) -> Outcome {
        let text = text.into();
        self.charge(text.len() * 2)?;
        self.ticks(text.len() as u64 / 64)?;
        Ok(Value::String(text))
    }

    pub fn run(&mut self, function: &Function, arguments: &[Value], cells: &[Cell]) -> Outcome {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Throw::Limit("call depth"));
        }
        self.tick()?;
        let mut frame = Frame {
            locals: vec![Value::Null; function.locals],
            cells: (0..function.cells).map(|_| Arc::new(Mutex::new(Value::Null))).collect(),
        };
        for (cell, (_, at)) in cells.iter().zip(&function.captures) {
            if let Some(place) = frame.cells.get_mut(*at) {
                *place = Arc::clone(cell);
            }
        }
        for (place, argument) in function.parameters.iter().zip(arguments) {
            frame.set(*place, argument.clone());
        }
        let value = match &function.body {
            Body::Value(node) => self.eval(node, &mut frame)?,
            Body::Block(statements) => self.block_value(statements, &mut frame)?,
        };
        self.depth -= 1;
        Ok(value)
    }

    /// Calls a delegate.
    pub fn invoke(&mut self, function: &Value, arguments: &[Value]) -> Outcome {
        match function {
            Value::Function(closure) => {
                let Closure { function, cells, .. } = &**closure;
                self.run(function, arguments, cells)
            }
            _ => Err(crate::failure::null_reference()),
        }
    }

    /// Whether a predicate holds.
    pub fn test(&mut self, function: &Value, argument: &Value) -> Outcome<bool> {
        Ok(matches!(self.invoke(function, std::slice::from_ref(argument))?, Value::Bool(true)))
    }
}

impl Frame {
    pub fn set(&mut self, place: Place, value: Value) {
        match place {
            Place::Local(at) => {
                if let Some(local) = self.locals.get_mut(at) {
                    *local = value;
                }
            }
            Place::Cell(at) => {
                if let Some(cell) = self.cells.get(at) {
                    *crate::value::lock(cell) = value;
                }
            }
        }
    }
}
