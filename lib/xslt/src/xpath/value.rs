//! What expressions come to, and how one kind of value becomes another.
//! <https://www.w3.org/TR/1999/REC-xpath-19991116/#corelib>

use super::Operator;
use crate::error::Error;
use crate::tree::{Forest, Node};

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nodes in document order, each once.
    Nodes(Vec<Node>),
    /// A result tree fragment, by its root.
    Fragment(Node),
    Boolean(bool),
    Number(f64),
    Text(String),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl Value {
    /// As a string: of nodes, that of the first.
    pub fn string(&self, forest: &Forest) -> String {
        match self {
            Self::Nodes(nodes) => nodes.first().map_or_else(String::new, |node| forest.string(*node)),
            Self::Fragment(root) => forest.string(*root),
            Self::Boolean(value) => value.to_string(),
            Self::Number(value) => number_text(*value),
            Self::Text(text) => text.clone(),
        }
    }

    /// As a number.
    pub fn number(&self, forest: &Forest) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Boolean(value) => f64::from(u8::from(*value)),
            _ => number_of(&self.string(forest)),
        }
    }

    /// As a truth.
    pub fn boolean(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Fragment(_) => true,
            Self::Boolean(value) => *value,
            Self::Number(value) => *value != 0.0 && !value.is_nan(),
            Self::Text(text) => !text.is_empty(),
        }
    }

    /// The nodes of a node-set.
    pub fn nodes(self) -> Result<Vec<Node>, Error> {
        match self {
            Self::Nodes(nodes) => Ok(nodes),
            Self::Fragment(_) => {
                let message = "a result tree fragment is no node-set; msxsl:node-set() makes it one";
                Err(Error::evaluation(message))
            }
            _ => Err(Error::evaluation("the expression must come to a node-set")),
        }
    }
}

/// A number as XPath writes it: without exponent, and whole numbers without a point.
pub fn number_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if value == 0.0 {
        "0".to_owned()
    } else {
        value.to_string()
    }
}

/// The number that a text says, or NaN: there is no exponent, and no plus.
pub fn number_of(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if fits { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// Whether two values compare so: of nodes, whether any does.
pub fn compare(operator: Operator, left: &Value, right: &Value, forest: &Forest) -> bool {
    match (left, right) {
        (Value::Nodes(_), Value::Boolean(_)) | (Value::Boolean(_), Value::Nodes(_)) => {
            compare_simple(operator, &left.boolean().into(), &right.boolean().into(), forest)
        }
        (Value::Nodes(nodes), Value::Nodes(others)) => {
            let others: Vec<Value> = others.iter().map(|node| forest.string(*node).into()).collect();
            nodes.iter().any(|node| {
                let text = forest.string(*node).into();
                others.iter().any(|other| compare_simple(operator, &text, other, forest))
            })
        }
        (Value::Nodes(nodes), other) => {
            nodes.iter().any(|node| compare_simple(operator, &forest.string(*node).into(), other, forest))
        }
        (other, Value::Nodes(nodes)) => {
            nodes.iter().any(|node| compare_simple(operator, other, &forest.string(*node).into(), forest))
        }
        _ => compare_simple(operator, left, right, forest),
    }
}

#[expect(clippy::float_cmp, reason = "XPath compares numbers exactly")]
fn compare_simple(operator: Operator, left: &Value, right: &Value, forest: &Forest) -> bool {
    let numbers = || (left.number(forest), right.number(forest));
    let equal = || match (left, right) {
        (Value::Boolean(_), _) | (_, Value::Boolean(_)) => left.boolean() == right.boolean(),
        (Value::Number(_), _) | (_, Value::Number(_)) => left.number(forest) == right.number(forest),
        _ => left.string(forest) == right.string(forest),
    };
    match operator {
        Operator::Equal => equal(),
        Operator::NotEqual => !equal(),
        Operator::Less => numbers().0 < numbers().1,
        Operator::LessOrEqual => numbers().0 <= numbers().1,
        Operator::Greater => numbers().0 > numbers().1,
        _ => numbers().0 >= numbers().1,
    }
}
