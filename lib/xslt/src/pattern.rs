//! Patterns: which nodes a template is for, and which of two patterns comes first.
//! <https://www.w3.org/TR/xslt-10/#patterns>

use crate::error::Error;
use crate::run::Run;
use crate::tree::{Kind, Node};
use crate::xpath::{Axis, Expr, Focus, Operator, Start, Step, Test};

/// Some alternatives.
#[derive(Debug, Clone)]
pub struct Pattern(pub Vec<Alternative>);

/// One alternative: a path that is read backwards.
#[derive(Debug, Clone)]
pub struct Alternative {
    start: Start,
    steps: Vec<Step>,
}

impl Pattern {
    /// Makes a pattern of an expression.
    ///
    /// # Errors
    /// What patterns may not have.
    pub fn new(expression: Expr) -> Result<Self, &'static str> {
        let mut alternatives = Vec::new();
        let mut waiting = vec![expression];
        while let Some(expression) = waiting.pop() {
            match expression {
                Expr::Binary(Operator::Union, left, right) => waiting.extend([*right, *left]),
                other => alternatives.push(Alternative::new(other)?),
            }
        }
        Ok(Self(alternatives))
    }

    /// The node is one of those that the pattern is for.
    pub fn matches(&self, node: Node, run: &Run<'_>) -> Result<bool, Error> {
        for alternative in &self.0 {
            if alternative.matches(node, run)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Alternative {
    fn new(expression: Expr) -> Result<Self, &'static str> {
        let (start, steps) = match expression {
            Expr::Path(start, steps) => (start, steps),
            call @ Expr::Call(..) => (Start::Nodes(Box::new(call)), Vec::new()),
            _ => return Err("a pattern is a path"),
        };
        if let Start::Nodes(start) = &start {
            let fits = matches!(&**start, Expr::Call(function, _) if matches!(function.name, "id" | "key"));
            if !fits {
                return Err("a pattern begins with a step, '/', id() or key()");
            }
        }
        let fits = |step: &Step| match step.axis {
            Axis::Child | Axis::Attribute | Axis::Descendant => true,
            Axis::DescendantOrSelf => step.test == Test::Node && step.predicates.is_empty(),
            _ => false,
        };
        if !steps.iter().all(fits) {
            return Err("a pattern has no axes but child and attribute");
        }
        Ok(Self { start, steps })
    }

    /// Which of two patterns comes first, if nobody says it.
    pub fn priority(&self) -> f64 {
        match (&self.start, self.steps.as_slice()) {
            (Start::Here, [step]) if step.predicates.is_empty() && step.axis != Axis::Descendant => {
                match step.test {
                    Test::Name(_) | Test::Instruction(Some(_)) => 0.0,
                    Test::Namespace(_) => -0.25,
                    _ => -0.5,
                }
            }
            _ => 0.5,
        }
    }

    /// The node is one of those that the alternative is for.
    pub fn matches(&self, node: Node, run: &Run<'_>) -> Result<bool, Error> {
        self.ends_at(&self.steps, node, run)
    }

    fn ends_at(&self, steps: &[Step], node: Node, run: &Run<'_>) -> Result<bool, Error> {
        run.work(1)?;
        let Some((last, before)) = steps.split_last() else {
            return match &self.start {
                Start::Here => Ok(true),
                Start::Root => Ok(run.forest.kind(node) == Kind::Root),
                Start::Nodes(nodes) => Ok(nodes.nodes(run, Focus::on(node))?.contains(&node)),
            };
        };
        if last.axis == Axis::DescendantOrSelf {
            return self.ends_above(before, Some(node), run);
        }
        let parent = run.forest.parent(node);
        let Some(parent) = parent.filter(|_| fits(last, node, run)) else { return Ok(false) };
        if !predicates_hold(last, node, parent, run)? {
            return Ok(false);
        }
        match last.axis {
            Axis::Descendant => self.ends_above(before, Some(parent), run),
            _ => self.ends_at(before, parent, run),
        }
    }

    fn ends_above(&self, steps: &[Step], mut node: Option<Node>, run: &Run<'_>) -> Result<bool, Error> {
        while let Some(here) = node {
            if self.ends_at(steps, here, run)? {
                return Ok(true);
            }
            node = run.forest.parent(here);
        }
        Ok(false)
    }
}

/// A node is on the step's axis and passes its test.
fn fits(step: &Step, node: Node, run: &Run<'_>) -> bool {
    let attribute = run.forest.kind(node) == Kind::Attribute;
    attribute == (step.axis == Axis::Attribute) && step.test.passes(node, step.axis, &run.forest)
}

fn predicates_hold(step: &Step, node: Node, parent: Node, run: &Run<'_>) -> Result<bool, Error> {
    if step.predicates.iter().any(Expr::is_positional) {
        let beside = step.reached(parent, run)?;
        let kept = crate::xpath::filtered(beside, &step.predicates, run, Focus::on(parent))?;
        return Ok(kept.contains(&node));
    }
    for predicate in &step.predicates {
        if !predicate.boolean(run, Focus::on(node))? {
            return Ok(false);
        }
    }
    Ok(true)
}
