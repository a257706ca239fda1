//! XPath 1.0: its expressions, their values, and what they come to.
//! <https://www.w3.org/TR/1999/REC-xpath-19991116/>

mod evaluate;
mod functions;
mod lexer;
mod parser;
mod value;

pub use evaluate::{Focus, filtered, in_order};
pub use functions::{Call, Function, find};
pub use lexer::is_name;
pub use parser::{Parser, Problem};
pub use value::{Value, number_of, number_text};

use std::sync::Arc;

use crate::tree::QName;

/// An expression.
#[derive(Debug, Clone)]
pub enum Expr {
    Number(f64),
    Literal(Arc<str>),
    Variable(QName),
    Call(&'static Function, Vec<Self>),
    Binary(Operator, Box<Self>, Box<Self>),
    Negate(Box<Self>),
    Filter(Box<Self>, Vec<Self>),
    Path(Start, Vec<Step>),
}

/// What is between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Union,
}

/// Where a path begins.
#[derive(Debug, Clone)]
pub enum Start {
    /// At the node in focus.
    Here,
    /// At the root.
    Root,
    /// At the nodes of an expression.
    Nodes(Box<Expr>),
}

/// A step of a path.
#[derive(Debug, Clone)]
pub struct Step {
    pub axis: Axis,
    pub test: Test,
    pub predicates: Vec<Expr>,
}

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Namespace,
    Parent,
    Preceding,
    PrecedingSibling,
    Itself,
}

/// What a step takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Any node.
    Node,
    /// Text.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction, perhaps with this target.
    Instruction(Option<Arc<str>>),
    /// Any node of the axis' kind.
    Any,
    /// Any in this namespace.
    Namespace(Arc<str>),
    /// One of this name.
    Name(QName),
}

impl Axis {
    /// The axis of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ancestor" => Self::Ancestor,
            "ancestor-or-self" => Self::AncestorOrSelf,
            "attribute" => Self::Attribute,
            "child" => Self::Child,
            "descendant" => Self::Descendant,
            "descendant-or-self" => Self::DescendantOrSelf,
            "following" => Self::Following,
            "following-sibling" => Self::FollowingSibling,
            "namespace" => Self::Namespace,
            "parent" => Self::Parent,
            "preceding" => Self::Preceding,
            "preceding-sibling" => Self::PrecedingSibling,
            "self" => Self::Itself,
            _ => return None,
        })
    }

    /// Its nodes come in the order of the document, from where it begins.
    pub fn is_forward(self) -> bool {
        !matches!(self, Self::Ancestor | Self::AncestorOrSelf | Self::Preceding | Self::PrecedingSibling)
    }
}

impl Expr {
    /// Whether a predicate may depend on the position: it is a number, or asks for one.
    pub fn is_positional(&self) -> bool {
        match self {
            Self::Number(_) | Self::Negate(_) | Self::Variable(_) => true,
            Self::Binary(operator, ..) if operator.is_arithmetic() => true,
            Self::Call(function, _) if function.is_number => true,
            _ => self.asks_for_position(),
        }
    }

    fn asks_for_position(&self) -> bool {
        match self {
            Self::Call(function, arguments) => {
                matches!(function.name, "position" | "last") || arguments.iter().any(Self::asks_for_position)
            }
            Self::Binary(_, left, right) => left.asks_for_position() || right.asks_for_position(),
            Self::Negate(operand) | Self::Filter(operand, _) => operand.asks_for_position(),
            Self::Path(Start::Nodes(start), _) => start.asks_for_position(),
            _ => false,
        }
    }
}

impl Operator {
    /// It makes a number of two.
    pub fn is_arithmetic(self) -> bool {
        matches!(self, Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Remainder)
    }
}
