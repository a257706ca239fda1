//! The compiled tree: every name, member and conversion is resolved.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::function::{Function, Place};
use crate::registry::Method;
use crate::text::Str;
use crate::ty::Type;
use crate::value::Value;

pub enum Node {
    /// A part whose value is written down, and where it stands.
    Noted(Range<usize>, Box<Node>),
    Constant(Value),
    Local(usize),
    Cell(usize),
    Set(Place, Box<Node>),
    Context,
    /// `&&` and `||`: the first operand's value that decides.
    Short(bool, Box<Node>, Box<Node>),
    Not(Box<Node>),
    Ternary(Box<Node>, Box<Node>, Box<Node>),
    Coalesce(Box<Node>, Box<Node>),
    /// `?.`: the receiver's place, the receiver, the rest.
    Conditional(usize, Box<Node>, Box<Node>),
    Arithmetic(Op, Box<Node>, Box<Node>),
    Compare(Op, Box<Node>, Box<Node>),
    /// A comparison of two `int`s.
    CompareInts(Op, Box<Node>, Box<Node>),
    /// Arithmetic of two `int`s.
    Ints(Op, Box<Node>, Box<Node>),
    /// Equality of values, negated.
    Equal(bool, Box<Node>, Box<Node>),
    /// Identity of objects, negated.
    Same(bool, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    Complement(Box<Node>),
    /// `null` if an operand is.
    Lifted(Op, Box<Node>, Box<Node>),
    Concat(Vec<Node>),
    Interpolate(Vec<Hole>),
    /// Numeric conversion to the type; `true` if it is checked.
    Numeric(Type, bool, Box<Node>),
    /// A reference or unboxing cast.
    Cast(Type, Box<Node>),
    As(Type, Box<Node>),
    Is(Type, Box<Node>),
    /// `is T x`
    IsSet(Type, Place, Box<Node>),
    Call(&'static Method, Vec<Node>, Vec<Type>),
    /// A call with `out` arguments, and where they go.
    Out(Box<Node>, Vec<Option<Place>>),
    /// A property of a host object.
    Property(&'static str, Box<Node>),
    /// `context.A.B`
    Path(Vec<&'static str>),
    /// The value of a key in a dictionary of `context`.
    Lookup(Box<Lookup>),
    Field(usize, Box<Node>),
    Record(Type, Vec<Node>),
    Array(Type, Vec<Node>),
    SizedArray(Type, Box<Node>),
    Element(Box<Node>, Box<Node>),
    SetElement(Box<Node>, Box<Node>, Box<Node>),
    Lambda(Type, Arc<Function>),
    Invoke(Box<Node>, Vec<Node>),
    /// Evaluates all, is the last.
    Sequence(Vec<Node>),
    Throw(Box<Node>),
}

impl Node {
    /// The node itself, whose value need not be written down if it becomes a part of such a node.
    pub fn bare(self, joins: fn(&Self) -> bool) -> Self {
        match self {
            Self::Noted(_, node) if joins(&node) => *node,
            node => node,
        }
    }

    /// Its value says something that its text does not.
    pub fn is_telling(&self) -> bool {
        !matches!(
            self,
            Self::Noted(..)
                | Self::Constant(_)
                | Self::Context
                | Self::Lambda(..)
                | Self::Set(..)
                | Self::Sequence(_)
                | Self::Throw(_)
        )
    }
}

/// `context.Request.Headers.GetValueOrDefault("A", "b")` and the like: what most expressions ask for, as one step.
pub struct Lookup {
    pub path: Vec<&'static str>,
    pub key: Str,
    pub found: Found,
    /// The value if the key is not there.
    pub otherwise: Node,
}

/// What becomes of the value that was found.
pub enum Found {
    /// It is the value.
    Value,
    /// Its strings are joined.
    Joined,
    /// It is cast.
    Cast(Type),
}

pub enum Hole {
    Text(Str),
    Value { value: Node, alignment: i32, format: Option<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
    Xor,
    Left,
    Right,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
}

impl Op {
    /// Whether a comparison holds for operands in this order.
    #[inline]
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            _ => order.is_ge(),
        }
    }
}

pub enum Statement {
    Value(Node),
    /// A variable comes into being: its cell is a new one.
    Fresh(usize),
    If(Node, Vec<Statement>, Vec<Statement>),
    /// Condition, step, body; the condition comes last for `do`.
    Loop {
        condition: Option<Node>,
        step: Vec<Node>,
        body: Vec<Statement>,
        first: bool,
    },
    Foreach {
        place: Place,
        convert: Option<Type>,
        source: Node,
        body: Vec<Statement>,
    },
    Switch {
        labels: Vec<(Node, usize)>,
        otherwise: Option<usize>,
        sections: Vec<Vec<Statement>>,
    },
    Return(Option<Node>),
    /// Where a `goto` leads.
    Label(usize),
    Goto(usize),
    Break,
    Continue,
    Throw(Option<Node>),
    Try {
        body: Vec<Statement>,
        catches: Vec<Catch>,
        finally: Vec<Statement>,
    },
    Block(Vec<Statement>),
}

pub struct Catch {
    pub ty: &'static str,
    pub place: Option<Place>,
    pub filter: Option<Node>,
    pub body: Vec<Statement>,
}
