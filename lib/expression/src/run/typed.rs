//! Evaluates what is a `bool`, an `int` or a text that goes into a longer one without making a value of it: that is
//! most of what conditions, loops and concatenations do.

use super::node::{Found, Node, Op};
use super::{Frame, Machine, arithmetic, convert};
use crate::failure::Outcome;
use crate::text::Text;
use crate::value::Value;

/// An operand: a constant stays where it is.
pub(super) enum Held<'n> {
    Constant(&'n Value),
    Made(Value),
}

impl std::ops::Deref for Held<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Constant(value) => value,
            Self::Made(value) => value,
        }
    }
}

impl Machine<'_> {
    /// What is `true` or `false`, without making a value of it.
    pub(super) fn condition(&mut self, node: &Node, frame: &mut Frame<'_>) -> Outcome<bool> {
        Ok(match node {
            Node::Short(decides, left, right) => {
                let left = self.condition(left, frame)?;
                if left == *decides { left } else { self.test_deep(right, frame)? }
            }
            Node::Not(value) => !self.test_deep(value, frame)?,
            Node::CompareInts(op, left, right) => {
                let (left, right) = (self.int(left, frame)?, self.int(right, frame)?);
                op.holds(left.cmp(&right))
            }
            Node::Compare(op, left, right) => {
                let (left, right) = (self.hold(left, frame)?, self.hold(right, frame)?);
                arithmetic::compare(*op, &left, &right)
            }
            Node::Equal(negated, left, right) => {
                let (left, right) = (self.hold(left, frame)?, self.hold(right, frame)?);
                convert::equal(&left, &right) != *negated
            }
            Node::Same(negated, left, right) => {
                let (left, right) = (self.hold(left, frame)?, self.hold(right, frame)?);
                left.same_object(&right) != *negated
            }
            Node::Is(ty, value) => convert::is(ty, &*self.hold(value, frame)?),
            _ => matches!(self.eval(node, frame)?, Value::Bool(true)),
        })
    }

    fn test_deep(&mut self, node: &Node, frame: &mut Frame<'_>) -> Outcome<bool> {
        self.tick()?;
        self.nested(|machine| machine.condition(node, frame))
    }

    /// The value of an operand that is only looked at.
    pub(super) fn hold<'n>(&mut self, node: &'n Node, frame: &mut Frame<'_>) -> Outcome<Held<'n>> {
        match node {
            Node::Constant(value) => Ok(Held::Constant(value)),
            Node::Path(path) => {
                self.tick()?;
                Ok(Held::Made(self.host.property(path)?))
            }
            Node::Ternary(condition, yes, no) => {
                let branch = if self.test_deep(condition, frame)? { yes } else { no };
                self.nested(|machine| machine.hold(branch, frame))
            }
            _ => self.eval(node, frame).map(Held::Made),
        }
    }

    /// An operand that the binder knows to be an `int`.
    fn int(&mut self, node: &Node, frame: &mut Frame<'_>) -> Outcome<i32> {
        match node {
            Node::Constant(Value::Int(value)) => Ok(*value),
            Node::Local(at) => Ok(frame.locals.get(*at).map_or(0, int_of)),
            Node::Path(path) => {
                self.tick()?;
                Ok(int_of(&self.host.property(path)?))
            }
            Node::Ints(op, left, right) => {
                self.tick()?;
                self.nested(|machine| machine.ints(*op, left, right, frame))
            }
            _ => Ok(int_of(&self.eval(node, frame)?)),
        }
    }

    /// Arithmetic of two `int`s.
    pub(super) fn ints(&mut self, op: Op, left: &Node, right: &Node, frame: &mut Frame<'_>) -> Outcome<i32> {
        let (left, right) = (self.int(left, frame)?, self.int(right, frame)?);
        arithmetic::ints(op, left, right)
    }

    pub(super) fn concat(&mut self, parts: &[Node], frame: &mut Frame<'_>) -> Outcome {
        let mut text = Text::default();
        for part in parts {
            self.append(part, frame, &mut text)?;
        }
        self.string(text.finish())
    }

    /// Appends the text of a value that nothing else needs.
    fn append(&mut self, node: &Node, frame: &mut Frame<'_>, text: &mut Text) -> Outcome<()> {
        match node {
            Node::Constant(Value::String(part)) => {
                text.push(part);
                return Ok(());
            }
            Node::Ternary(condition, yes, no) => {
                let branch = if self.test_deep(condition, frame)? { yes } else { no };
                return self.nested(|machine| machine.append(branch, frame, text));
            }
            Node::Lookup(lookup) if matches!(lookup.found, Found::Joined) => {
                self.tick()?;
                return if self.host.joined(&lookup.path, &lookup.key, text)? {
                    Ok(())
                } else {
                    self.nested(|machine| machine.append(&lookup.otherwise, frame, text))
                };
            }
            _ => {}
        }
        match &*self.hold(node, frame)? {
            Value::String(part) => {
                self.charge(part.len())?;
                text.push(part);
            }
            Value::Null => {}
            other => text.push(&convert::text(self, other)?),
        }
        Ok(())
    }
}

fn int_of(value: &Value) -> i32 {
    match value {
        Value::Int(value) => *value,
        other => arithmetic::integer(other) as i32,
    }
}
