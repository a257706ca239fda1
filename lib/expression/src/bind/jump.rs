//! `goto`, labels, `goto case` and `goto default`: what they lead to, and whether they may lead there.
//! <https://learn.microsoft.com/dotnet/csharp/language-reference/statements/jump-statements#the-goto-statement>

use std::collections::HashMap;

use super::{Bind, Binder, Bound};
use crate::code;
use crate::run::convert::equal;
use crate::run::node::{Node, Statement};
use crate::syntax::ast::{Bytes, Jump, Pattern, Stmt, StmtKind};
use crate::ty::Type;
use crate::value::Value;

/// What a `goto` can lead to from here.
#[derive(Default)]
pub struct Jumps {
    /// The labels of the blocks around it, the innermost last.
    labels: Vec<HashMap<String, usize>>,
    /// The `switch` statements around it, the innermost last.
    switches: Vec<Switch>,
}

/// A `switch` whose sections are being bound.
struct Switch {
    subject: Type,
    pending: Vec<Pending>,
}

/// A `goto case` or `goto default`: its label, what it asks for, and where it stands.
struct Pending {
    label: usize,
    wanted: Option<Value>,
    at: Bytes,
}

impl Binder<'_> {
    /// Binds something with the labels of these statements in sight.
    pub(super) fn labelled<'t, T>(
        &mut self,
        statements: impl Iterator<Item = &'t Stmt>,
        bind: impl FnOnce(&mut Self) -> Bind<T>,
    ) -> Bind<T> {
        let mut labels = HashMap::new();
        for statement in statements {
            let StmtKind::Label(name) = &statement.kind else { continue };
            let number = self.label();
            if labels.insert(name.clone(), number).is_some() {
                let message = format!("The label '{name}' is a duplicate");
                return self.fail(code::FLOW, message, &statement.at);
            }
            if self.label_number(name).is_some() {
                let message =
                    format!("The label '{name}' shadows another label by the same name in a contained scope");
                return self.fail(code::FLOW, message, &statement.at);
            }
        }
        self.scope().jumps.labels.push(labels);
        let bound = bind(self);
        self.scope().jumps.labels.pop();
        bound
    }

    /// Binds what no `goto` leaves: the body of a `finally`.
    pub(super) fn closed<T>(&mut self, bind: impl FnOnce(&mut Self) -> Bind<T>) -> Bind<T> {
        let outer = std::mem::take(&mut self.scope().jumps);
        let bound = bind(self);
        self.scope().jumps = outer;
        bound
    }

    /// The number of a label in sight.
    fn label_number(&mut self, name: &str) -> Option<usize> {
        self.scope().jumps.labels.iter().find_map(|labels| labels.get(name).copied())
    }

    /// What goes elsewhere, and what that leads to.
    pub(super) fn leaving(&mut self, kind: &StmtKind, at: &Bytes) -> Bind<Statement> {
        match kind {
            StmtKind::Goto(jump) => self.jump(jump, at),
            StmtKind::Label(name) => match self.label_number(name) {
                Some(number) => Ok(Statement::Label(number)),
                None => self.fail(code::FLOW, no_such_label(name), at),
            },
            StmtKind::Break if self.scope().breakable > 0 => Ok(Statement::Break),
            StmtKind::Continue if self.scope().loops > 0 => Ok(Statement::Continue),
            _ => self.fail(code::FLOW, "No enclosing loop out of which to break or continue", at),
        }
    }

    fn jump(&mut self, jump: &Jump, at: &Bytes) -> Bind<Statement> {
        let wanted = match jump {
            Jump::Label(name) => {
                return match self.label_number(name) {
                    Some(number) => Ok(Statement::Goto(number)),
                    None => self.fail(code::FLOW, no_such_label(name), at),
                };
            }
            Jump::Case(value) => {
                let Some(subject) = self.scope().jumps.switches.last().map(|known| known.subject.clone())
                else {
                    return self.outside(at);
                };
                let subject = Bound::new(Node::Context, subject);
                let test = self.pattern(subject, &Pattern::Constant(Box::new(value.clone())), at)?.node;
                match constant(&test) {
                    Some(value) => Some(value.clone()),
                    None => return self.fail(code::CONVERSION, "A constant value is expected", &value.at),
                }
            }
            Jump::Default => None,
        };
        let label = self.label();
        match self.scope().jumps.switches.last_mut() {
            Some(switch) => switch.pending.push(Pending { label, wanted, at: at.clone() }),
            None => return self.outside(at),
        }
        Ok(Statement::Goto(label))
    }

    pub(super) fn begin_switch(&mut self, subject: Type) {
        self.scope().jumps.switches.push(Switch { subject, pending: Vec::new() });
    }

    /// Puts a label before each section that a `goto case` or `goto default` leads to.
    pub(super) fn end_switch(
        &mut self,
        (labels, otherwise): (&[(Node, usize)], Option<usize>),
        sections: &mut [Vec<Statement>],
    ) -> Bind<()> {
        let pending = self.scope().jumps.switches.pop().map(|switch| switch.pending).unwrap_or_default();
        for Pending { label, wanted, at } in pending {
            let section = match &wanted {
                None => otherwise,
                Some(wanted) => {
                    let leads =
                        |(test, _): &&(Node, usize)| constant(test).is_some_and(|of| equal(of, wanted));
                    labels.iter().find(leads).map(|(_, section)| *section)
                }
            };
            let Some(section) = section.and_then(|at| sections.get_mut(at)) else {
                let name = if wanted.is_some() { "case" } else { "default" };
                return self.fail(code::FLOW, no_such_label(&format!("{name}:")), &at);
            };
            section.insert(0, Statement::Label(label));
        }
        Ok(())
    }

    fn label(&mut self) -> usize {
        let scope = self.scope();
        scope.labels += 1;
        scope.labels
    }

    fn outside<T>(&self, at: &Bytes) -> Bind<T> {
        self.fail(code::FLOW, "A goto case is only valid inside a switch statement", at)
    }
}

fn no_such_label(name: &str) -> String {
    format!("No such label '{name}' within the scope of the goto statement")
}

/// What a `case` without a condition compares with.
fn constant(test: &Node) -> Option<&Value> {
    match test {
        Node::Equal(false, _, value) => match &**value {
            Node::Constant(value) => Some(value),
            _ => None,
        },
        _ => None,
    }
}
