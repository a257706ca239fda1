//! What expressions come to.

use super::value::compare;
use super::{Axis, Call, Expr, Operator, Start, Step, Test, Value};
use crate::error::Error;
use crate::run::Run;
use crate::tree::{Forest, Kind, Node};

/// What an expression looks at.
#[derive(Debug, Clone, Copy)]
pub struct Focus {
    /// The context node.
    pub node: Node,
    /// Its place among the others, counted from 1.
    pub position: usize,
    /// How many there are.
    pub size: usize,
    /// What `current()` is.
    pub current: Node,
}

impl Focus {
    /// One node, and nothing beside it.
    pub fn on(node: Node) -> Self {
        Self { node, position: 1, size: 1, current: node }
    }
}

impl Expr {
    /// What it comes to.
    pub fn evaluate(&self, run: &Run<'_>, focus: Focus) -> Result<Value, Error> {
        run.work(1)?;
        match self {
            Self::Number(value) => Ok(Value::Number(*value)),
            Self::Literal(text) => Ok(Value::Text(text.to_string())),
            Self::Variable(name) => run.variable(name),
            Self::Call(function, arguments) => {
                let arguments = arguments.iter().map(|argument| argument.evaluate(run, focus));
                let call = Call { run, focus, arguments: arguments.collect::<Result<_, _>>()? };
                (function.run)(&call)
            }
            Self::Binary(operator, left, right) => binary(*operator, (left, right), run, focus),
            Self::Negate(operand) => Ok(Value::Number(-operand.number(run, focus)?)),
            Self::Filter(primary, predicates) => {
                let nodes = primary.nodes(run, focus)?;
                Ok(Value::Nodes(filtered(nodes, predicates, run, focus)?))
            }
            Self::Path(start, steps) => {
                let mut nodes = match start {
                    Start::Here => vec![focus.node],
                    Start::Root => vec![Forest::root(focus.node)],
                    Start::Nodes(expression) => expression.nodes(run, focus)?,
                };
                for step in steps {
                    nodes = step.from(nodes, run, focus)?;
                }
                Ok(Value::Nodes(nodes))
            }
        }
    }

    /// As a node-set.
    pub fn nodes(&self, run: &Run<'_>, focus: Focus) -> Result<Vec<Node>, Error> {
        self.evaluate(run, focus)?.nodes()
    }

    /// As a string.
    pub fn string(&self, run: &Run<'_>, focus: Focus) -> Result<String, Error> {
        let text = self.evaluate(run, focus)?.string(&run.forest);
        run.work(text.len() / 64)?;
        Ok(text)
    }

    /// As a number.
    pub fn number(&self, run: &Run<'_>, focus: Focus) -> Result<f64, Error> {
        Ok(self.evaluate(run, focus)?.number(&run.forest))
    }

    /// As a truth.
    pub fn boolean(&self, run: &Run<'_>, focus: Focus) -> Result<bool, Error> {
        Ok(self.evaluate(run, focus)?.boolean())
    }
}

fn binary(
    operator: Operator,
    (left, right): (&Expr, &Expr),
    run: &Run<'_>,
    focus: Focus,
) -> Result<Value, Error> {
    match operator {
        Operator::Or => Ok((left.boolean(run, focus)? || right.boolean(run, focus)?).into()),
        Operator::And => Ok((left.boolean(run, focus)? && right.boolean(run, focus)?).into()),
        Operator::Union => {
            let mut nodes = left.nodes(run, focus)?;
            nodes.extend(right.nodes(run, focus)?);
            Ok(Value::Nodes(in_order(nodes)))
        }
        _ if operator.is_arithmetic() => {
            Ok(arithmetic(operator, left.number(run, focus)?, right.number(run, focus)?).into())
        }
        _ => {
            let (left, right) = (left.evaluate(run, focus)?, right.evaluate(run, focus)?);
            if let (Value::Nodes(left), Value::Nodes(right)) = (&left, &right) {
                run.work(left.len().saturating_mul(right.len()))?;
            }
            Ok(compare(operator, &left, &right, &run.forest).into())
        }
    }
}

fn arithmetic(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        _ => left % right,
    }
}

/// Each once, in document order.
pub fn in_order(mut nodes: Vec<Node>) -> Vec<Node> {
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// The nodes for which all predicates hold, one predicate after the other.
pub fn filtered(
    mut nodes: Vec<Node>,
    predicates: &[Expr],
    run: &Run<'_>,
    focus: Focus,
) -> Result<Vec<Node>, Error> {
    for predicate in predicates {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (before, node) in nodes.into_iter().enumerate() {
            if holds(predicate, run, Focus { node, position: before + 1, size, current: focus.current })? {
                kept.push(node);
            }
        }
        nodes = kept;
    }
    Ok(nodes)
}

/// A predicate holds: it is true, or it is the number of the position.
#[expect(clippy::float_cmp, clippy::cast_precision_loss, reason = "positions are small whole numbers")]
pub fn holds(predicate: &Expr, run: &Run<'_>, focus: Focus) -> Result<bool, Error> {
    Ok(match predicate.evaluate(run, focus)? {
        Value::Number(number) => number == focus.position as f64,
        other => other.boolean(),
    })
}

impl Step {
    /// Where it leads from these nodes.
    fn from(&self, nodes: Vec<Node>, run: &Run<'_>, focus: Focus) -> Result<Vec<Node>, Error> {
        let single = nodes.len() == 1;
        let mut found = Vec::new();
        for node in nodes {
            let reached = self.reached(node, run)?;
            found.extend(filtered(reached, &self.predicates, run, focus)?);
        }
        Ok(if single && self.axis.is_forward() { found } else { in_order(found) })
    }

    /// The nodes of the axis that pass the test, in the axis' order.
    pub fn reached(&self, node: Node, run: &Run<'_>) -> Result<Vec<Node>, Error> {
        let forest = &run.forest;
        let mut found = Vec::new();
        let mut seen = 1;
        let mut see = |other: Node| {
            seen += 1;
            if self.test.passes(other, self.axis, forest) {
                found.push(other);
            }
        };
        match self.axis {
            Axis::Ancestor => forest.ancestors(node).for_each(see),
            Axis::AncestorOrSelf => std::iter::once(node).chain(forest.ancestors(node)).for_each(see),
            Axis::Attribute => forest.attributes(node).for_each(see),
            Axis::Child => forest.children(node).for_each(see),
            Axis::Descendant => forest.descendants(node).for_each(see),
            Axis::DescendantOrSelf => {
                std::iter::once(node).chain(forest.descendants(node)).for_each(see);
            }
            Axis::Following => forest.following(node).for_each(see),
            Axis::FollowingSibling => {
                forest.siblings(node).skip_while(|other| *other <= node).for_each(see);
            }
            Axis::Namespace => forest.namespaces(node).for_each(see),
            Axis::Parent => forest.parent(node).into_iter().for_each(see),
            Axis::Preceding => forest.preceding(node).for_each(see),
            Axis::PrecedingSibling => {
                let before: Vec<Node> = forest.siblings(node).take_while(|other| *other < node).collect();
                before.into_iter().rev().for_each(see);
            }
            Axis::Itself => see(node),
        }
        run.work(seen)?;
        Ok(found)
    }
}

impl Test {
    /// A node on an axis passes.
    pub fn passes(&self, node: Node, axis: Axis, forest: &Forest) -> bool {
        let kind = forest.kind(node);
        let principal = match axis {
            Axis::Attribute => Kind::Attribute,
            Axis::Namespace => Kind::Namespace,
            _ => Kind::Element,
        };
        match self {
            Self::Node => true,
            Self::Text => kind.is_text(),
            Self::Comment => kind == Kind::Comment,
            Self::Instruction(None) => kind == Kind::Instruction,
            Self::Instruction(Some(target)) => {
                kind == Kind::Instruction && forest.data(node).is_some_and(|data| data.name.local == *target)
            }
            Self::Any => kind == principal,
            Self::Namespace(namespace) => {
                kind == principal && forest.data(node).is_some_and(|data| data.name.namespace == *namespace)
            }
            Self::Name(name) if kind == Kind::Namespace => {
                kind == principal && forest.name(node).is_some_and(|found| found == *name)
            }
            Self::Name(name) => kind == principal && forest.data(node).is_some_and(|data| data.name == *name),
        }
    }
}
