//! Lambdas and local functions.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::node::{Node, Statement};
use crate::ty::Type;
use crate::value::Value;

/// The compiled body of a lambda, a local function or the expression itself.
pub struct Function {
    pub parameters: Vec<Place>,
    pub locals: usize,
    pub cells: usize,
    /// Cells of the surrounding function, and where they are kept here.
    pub captures: Vec<(usize, usize)>,
    pub body: Body,
}

/// Where a local variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Local(usize),
    /// Shared with lambdas.
    Cell(usize),
}

pub enum Body {
    Value(Node),
    Block(Vec<Statement>),
}

pub type Cell = Arc<Mutex<Value>>;

/// A function with the variables that it captured.
pub struct Closure {
    pub ty: Type,
    pub function: Arc<Function>,
    pub cells: Vec<Cell>,
}

impl Drop for Closure {
    fn drop(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        // A variable that only this function captured goes with it.
        let last = cells.into_iter().filter_map(Arc::into_inner);
        crate::stack::discard(last.map(|cell| cell.into_inner().unwrap_or_else(PoisonError::into_inner)));
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ty)
    }
}
