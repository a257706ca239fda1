//! Evaluates the compiled tree within bounds.

pub mod arithmetic;
pub mod convert;
mod evaluate;
pub mod function;
pub mod node;
pub mod sequence;
mod statement;
mod typed;

use std::ops::Range;
use std::sync::{Arc, Mutex};

use smallvec::SmallVec;

use crate::failure::{Outcome, Throw};
use crate::host::Host;
use crate::text::Str;
use crate::value::{Exception, Value};
use function::{Body, Cell, Closure, Function, Place};

/// What one evaluation may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Operations: every operator, call, statement and element of a sequence counts.
    pub steps: u64,
    /// Calls within calls.
    pub depth: usize,
    /// Memory asked for in total.
    pub bytes: usize,
    /// Time from the first look at the clock on; long before, steps should have ended it.
    pub milliseconds: i64,
    /// How often a regular expression may go back.
    pub regex_backtracks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 2_000_000, depth: 60, bytes: 48 << 20, milliseconds: 200, regex_backtracks: 200_000 }
    }
}

/// The value of a part of an expression.
#[derive(Debug, Clone)]
pub struct Part {
    /// Where the part stands in the expression's text, in bytes.
    pub at: Range<usize>,
    /// Its value.
    pub value: Value,
}

/// How many values of parts are kept of one evaluation.
const PARTS: usize = 64;

/// After so many steps the host hears that the evaluation goes on.
const SLICE: u64 = 20_000;

/// What a token of JSON takes.
const TOKEN: usize = 160;

/// One evaluation.
pub struct Machine<'h> {
    pub host: &'h dyn Host,
    pub limits: &'h Limits,
    /// Steps until the next look at the clock, and those behind it.
    steps: u64,
    later: u64,
    /// When it ends at the latest, once that matters.
    deadline: Option<i64>,
    bytes: usize,
    depth: usize,
    /// Operations within operations, see [`Machine::nested`].
    nesting: usize,
    /// How many sequences inside sequences begin.
    pub sequences: usize,
    rare: Option<Box<Rare>>,
}

/// What few evaluations need: the others do not even begin it.
#[derive(Default)]
pub struct Rare {
    /// What `out` arguments got.
    pub outs: Vec<Value>,
    /// The values of parts, in the order in which they were known.
    pub parts: Vec<Part>,
    caught: Vec<Arc<Exception>>,
}

/// The variables of a function that runs.
pub struct Frame<'f> {
    locals: &'f mut [Value],
    cells: &'f mut [Cell],
}

impl<'h> Machine<'h> {
    pub fn new(host: &'h dyn Host, limits: &'h Limits) -> Self {
        Self {
            host,
            limits,
            steps: limits.steps.min(SLICE),
            later: limits.steps.saturating_sub(SLICE),
            deadline: None,
            bytes: limits.bytes,
            depth: 0,
            nesting: 0,
            sequences: 0,
            rare: None,
        }
    }

    /// What few evaluations need.
    pub fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Counts one step.
    #[inline]
    pub fn tick(&mut self) -> Outcome<()> {
        self.ticks(1)
    }

    /// Counts steps.
    #[inline]
    pub fn ticks(&mut self, steps: u64) -> Outcome<()> {
        match self.steps.checked_sub(steps) {
            Some(left) => self.steps = left,
            None => self.next_slice(steps)?,
        }
        Ok(())
    }

    #[cold]
    fn next_slice(&mut self, steps: u64) -> Outcome<()> {
        self.in_time()?;
        self.host.lasts();
        let left = self.steps.saturating_add(self.later).checked_sub(steps).ok_or(Throw::Limit("steps"))?;
        self.steps = left.min(SLICE);
        self.later = left - self.steps;
        Ok(())
    }

    /// Looks at the clock: for what takes longer than its steps tell.
    pub fn in_time(&mut self) -> Outcome<()> {
        let now = self.host.now();
        let deadline = *self.deadline.get_or_insert(now.saturating_add(self.limits.milliseconds));
        if now > deadline { Err(Throw::Limit("time")) } else { Ok(()) }
    }

    /// An operation within an operation. Looking how much stack is left takes longer than most operations do, so only
    /// every eighth looks; eight take far less than [`crate::stack`] keeps free.
    #[inline]
    pub fn nested<T>(&mut self, step: impl FnOnce(&mut Self) -> T) -> T {
        self.nesting += 1;
        let value =
            if self.nesting.is_multiple_of(8) { crate::stack::deep(|| step(self)) } else { step(self) };
        self.nesting -= 1;
        value
    }

    /// Counts memory.
    #[inline]
    pub fn charge(&mut self, bytes: usize) -> Outcome<()> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Throw::Limit("memory"))?;
        Ok(())
    }

    /// JSON that is about to be read: each of its commas, colons and brackets begins a token.
    pub fn json(&mut self, text: &str) -> Outcome<()> {
        let tokens = text.bytes().filter(|byte| matches!(byte, b',' | b':' | b'[' | b'{')).count();
        self.charge(tokens.saturating_mul(TOKEN).saturating_add(text.len() * 2))?;
        self.ticks(tokens as u64 * 4 + text.len() as u64 / 8)
    }

    /// Writes the value of a part down, unless all that can be said of it is its type.
    fn note(&mut self, at: &Range<usize>, value: &Value) {
        let says_something = !matches!(value, Value::Host(_) | Value::Function(_) | Value::Sequence(_));
        if says_something && self.rare().parts.len() < PARTS {
            self.rare().parts.push(Part { at: at.clone(), value: value.clone() });
        }
    }

    /// A string that was made.
    pub fn string(&mut self, text: impl Into<Str>) -> Outcome {
        let text = text.into();
        self.charge(text.len() * 2)?;
        self.ticks(text.len() as u64 / 64)?;
        Ok(Value::String(text))
    }

    #[inline]
    pub fn run(&mut self, function: &Function, arguments: &[Value], cells: &[Cell]) -> Outcome {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Throw::Limit("call depth"));
        }
        self.tick()?;
        let value = if function.locals + function.cells == 0 {
            self.body(&function.body, &mut Frame { locals: &mut [], cells: &mut [] })?
        } else {
            self.body_with_variables(function, arguments, cells)?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn body(&mut self, body: &Body, frame: &mut Frame<'_>) -> Outcome {
        match body {
            Body::Value(node) => self.eval(node, frame),
            Body::Block(statements) => self.block_value(statements, frame),
        }
    }

    #[inline(never)]
    fn body_with_variables(&mut self, function: &Function, arguments: &[Value], cells: &[Cell]) -> Outcome {
        let mut locals: SmallVec<[Value; 4]> = smallvec::smallvec![Value::Null; function.locals];
        let mut own: Vec<Cell> = Vec::new();
        own.resize_with(function.cells, || Arc::new(Mutex::new(Value::Null)));
        let mut frame = Frame { locals: &mut locals, cells: &mut own };
        frame.begin(function, arguments, cells);
        self.body(&function.body, &mut frame)
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

impl Frame<'_> {
    fn begin(&mut self, function: &Function, arguments: &[Value], cells: &[Cell]) {
        for (cell, (_, at)) in cells.iter().zip(&function.captures) {
            if let Some(place) = self.cells.get_mut(*at) {
                *place = Arc::clone(cell);
            }
        }
        for (place, argument) in function.parameters.iter().zip(arguments) {
            self.set(*place, argument.clone());
        }
    }

    fn local(&self, at: usize) -> Value {
        self.locals.get(at).cloned().unwrap_or(Value::Null)
    }

    fn cell(&self, at: usize) -> Value {
        self.cells.get(at).map_or(Value::Null, |cell| crate::value::lock(cell).clone())
    }

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
