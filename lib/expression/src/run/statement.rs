//! Runs statements.

use std::sync::{Arc, Mutex};

use super::node::{Catch, Node, Statement};
use super::{Frame, Machine, convert, sequence};
use crate::failure::{Outcome, Throw};
use crate::ty::Type;
use crate::value::Value;

/// How a statement ended.
enum End {
    Normal,
    Break,
    Continue,
    Return(Value),
    /// The label that is wanted.
    Goto(usize),
}

impl Machine<'_> {
    pub(super) fn block_value(&mut self, statements: &[Statement], frame: &mut Frame<'_>) -> Outcome {
        match self.block(statements, frame)? {
            End::Return(value) => Ok(value),
            _ => Ok(Value::Null),
        }
    }

    fn block(&mut self, statements: &[Statement], frame: &mut Frame<'_>) -> Outcome<End> {
        for statement in statements {
            match self.nested(|machine| machine.statement(statement, frame))? {
                End::Normal => {}
                End::Goto(label) => return self.block_from(label, statements, frame),
                end => return Ok(end),
            }
        }
        Ok(End::Normal)
    }

    /// Runs a block from a label on, if it has the label.
    fn block_from(
        &mut self,
        mut label: usize,
        statements: &[Statement],
        frame: &mut Frame<'_>,
    ) -> Outcome<End> {
        'jump: while let Some(from) = place_of(label, statements) {
            for statement in statements.iter().skip(from) {
                match self.nested(|machine| machine.statement(statement, frame))? {
                    End::Normal => {}
                    End::Goto(next) => {
                        label = next;
                        continue 'jump;
                    }
                    end => return Ok(end),
                }
            }
            return Ok(End::Normal);
        }
        Ok(End::Goto(label))
    }

    fn statement(&mut self, statement: &Statement, frame: &mut Frame<'_>) -> Outcome<End> {
        self.tick()?;
        match statement {
            Statement::Value(node) => {
                self.eval(node, frame)?;
            }
            Statement::Fresh(at) => {
                if let Some(cell) = frame.cells.get_mut(*at) {
                    *cell = Arc::new(Mutex::new(Value::Null));
                }
            }
            Statement::If(condition, yes, no) => {
                let branch = if self.condition(condition, frame)? { yes } else { no };
                return self.block(branch, frame);
            }
            Statement::Loop { condition, step, body, first } => {
                return self.repeat((condition.as_ref(), *first), step, body, frame);
            }
            Statement::Foreach { place, convert, source, body } => {
                let source = self.eval(source, frame)?;
                let mut next = sequence::iterate(self, &source)?;
                while let Some(item) = next(self)? {
                    self.tick()?;
                    let item = item_of(convert.as_ref(), item)?;
                    if let super::function::Place::Cell(at) = place
                        && let Some(cell) = frame.cells.get_mut(*at)
                    {
                        *cell = Arc::new(Mutex::new(Value::Null));
                    }
                    frame.set(*place, item);
                    match self.block(body, frame)? {
                        End::Break => break,
                        End::Normal | End::Continue => {}
                        end => return Ok(end),
                    }
                }
            }
            Statement::Switch { labels, otherwise, sections } => {
                return self.switch(labels, *otherwise, sections, frame);
            }
            Statement::Return(None) => return Ok(End::Return(Value::Null)),
            Statement::Return(Some(node)) => return Ok(End::Return(self.eval(node, frame)?)),
            Statement::Label(_) => {}
            Statement::Goto(label) => return Ok(End::Goto(*label)),
            Statement::Break => return Ok(End::Break),
            Statement::Continue => return Ok(End::Continue),
            Statement::Throw(Some(node)) => return Err(self.thrown(node, frame)),
            Statement::Throw(None) => {
                return match self.rare().caught.last() {
                    Some(exception) => Err(Throw::Exception(Arc::clone(exception))),
                    None => Ok(End::Normal),
                };
            }
            Statement::Try { body, catches, finally } => return self.guarded(body, catches, finally, frame),
            Statement::Block(statements) => return self.block(statements, frame),
        }
        Ok(End::Normal)
    }

    fn repeat(
        &mut self,
        (condition, first): (Option<&Node>, bool),
        step: &[Node],
        body: &[Statement],
        frame: &mut Frame<'_>,
    ) -> Outcome<End> {
        let mut test = first;
        loop {
            self.tick()?;
            if let Some(condition) = condition
                && test
                && !self.condition(condition, frame)?
            {
                return Ok(End::Normal);
            }
            test = true;
            match self.block(body, frame)? {
                End::Break => return Ok(End::Normal),
                End::Normal | End::Continue => {}
                end => return Ok(end),
            }
            for node in step {
                self.eval(node, frame)?;
            }
        }
    }

    fn switch(
        &mut self,
        labels: &[(Node, usize)],
        otherwise: Option<usize>,
        sections: &[Vec<Statement>],
        frame: &mut Frame<'_>,
    ) -> Outcome<End> {
        let mut chosen = otherwise;
        for (test, section) in labels {
            if self.condition(test, frame)? {
                chosen = Some(*section);
                break;
            }
        }
        let Some(section) = chosen.and_then(|at| sections.get(at)) else { return Ok(End::Normal) };
        let mut end = self.block(section, frame)?;
        // To a label in another section, or before it.
        while let End::Goto(label) = end
            && let Some(section) = sections.iter().find(|section| place_of(label, section).is_some())
        {
            end = self.block_from(label, section, frame)?;
        }
        match end {
            End::Break => Ok(End::Normal),
            end => Ok(end),
        }
    }

    fn guarded(
        &mut self,
        body: &[Statement],
        catches: &[Catch],
        finally: &[Statement],
        frame: &mut Frame<'_>,
    ) -> Outcome<End> {
        let depth = self.depth;
        let mut end = self.block(body, frame);
        if let Err(Throw::Exception(exception)) = &end {
            let exception = Arc::clone(exception);
            self.depth = depth;
            for catch in catches {
                let thrown = Value::Exception(Arc::clone(&exception));
                if !convert::is(&Type::named(catch.ty), &thrown) {
                    continue;
                }
                if let Some(place) = catch.place {
                    frame.set(place, thrown);
                }
                if let Some(filter) = &catch.filter
                    && !self.condition(filter, frame)?
                {
                    continue;
                }
                self.rare().caught.push(exception);
                end = self.block(&catch.body, frame);
                self.rare().caught.pop();
                break;
            }
        }
        if matches!(end, Err(Throw::Limit(_))) {
            return end;
        }
        match self.block(finally, frame)? {
            End::Normal => end,
            other => Ok(other),
        }
    }
}

/// Where a block has a label.
fn place_of(label: usize, statements: &[Statement]) -> Option<usize> {
    statements.iter().position(|statement| matches!(statement, Statement::Label(known) if *known == label))
}

fn item_of(ty: Option<&Type>, item: Value) -> Outcome {
    match ty {
        Some(ty) => convert::element_cast(ty, item),
        None => Ok(item),
    }
}
