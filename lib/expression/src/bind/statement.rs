//! Binds statements.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Bind, Binder, Scope, Signature, Variable, implicit};
use crate::code;
use crate::registry::ancestry;
use crate::run::function::{Body as Compiled, Function, Place};
use crate::run::node::{Catch, Node, Statement};
use crate::syntax::ast::{self, Body, Bytes, Expr, ExprKind, LocalFunction, Stmt, StmtKind, TypeSyntax};
use crate::ty::Type;
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn statements(&mut self, tree: &[Stmt]) -> Bind<Vec<Statement>> {
        self.labelled(tree.iter(), |binder| binder.listed(tree))
    }

    /// The same, with the labels in sight already.
    fn listed(&mut self, tree: &[Stmt]) -> Bind<Vec<Statement>> {
        let mut out = Vec::new();
        let mut functions = Vec::new();
        for statement in tree {
            if let StmtKind::Function(function) = &statement.kind {
                self.declare_function(function, &statement.at)?;
                functions.push((function, &statement.at));
            }
        }
        let mut fresh = vec![0];
        for statement in tree {
            let from = out.len();
            crate::stack::deep(|| self.statement(statement, &mut out))?;
            if !functions.is_empty() && out.iter().skip(from).any(|s| matches!(s, Statement::Fresh(_))) {
                fresh.push(out.len());
            }
        }
        // Functions see all variables of the block, and statements before them can call them: they come into being
        // first, and anew with each variable.
        let mut bound = Vec::new();
        for (function, at) in functions {
            bound.push(self.function(function, at)?);
        }
        if !bound.is_empty() {
            for at in fresh.into_iter().rev() {
                out.splice(at..at, bound.iter().map(|(place, lambda)| create(*place, lambda)));
            }
        }
        // A variable comes into being with its block: going back to a label in it makes no other.
        if tree.iter().any(|statement| matches!(statement.kind, StmtKind::Label(_))) {
            out.sort_by_key(|statement| !matches!(statement, Statement::Fresh(_)));
        }
        Ok(out)
    }

    fn body(&mut self, tree: &Stmt) -> Bind<Vec<Statement>> {
        self.nested(|binder| match &tree.kind {
            StmtKind::Block(statements) => binder.statements(statements),
            _ => binder.statements(std::slice::from_ref(tree)),
        })
    }

    fn statement(&mut self, tree: &Stmt, out: &mut Vec<Statement>) -> Bind<()> {
        let at = &tree.at;
        let statement = match &tree.kind {
            StmtKind::Empty | StmtKind::Function(_) => return Ok(()),
            StmtKind::Expr(value) => self.effect(value)?,
            StmtKind::Block(statements) => {
                Statement::Block(self.nested(|binder| binder.statements(statements))?)
            }
            StmtKind::Checked(checked, statements) => Statement::Block(
                self.in_context(*checked, |binder| binder.nested(|binder| binder.statements(statements)))?,
            ),
            StmtKind::Declare { ty, constant, names } => {
                return self.declaration(ty.as_ref(), *constant, names, out);
            }
            StmtKind::Deconstruct(names, value) => return self.deconstruct(names, value, out),
            StmtKind::If(condition, yes, no) => {
                let condition = self.condition(condition)?;
                let yes = self.body(yes)?;
                let no = no.as_ref().map(|no| self.body(no)).transpose()?.unwrap_or_default();
                Statement::If(condition, yes, no)
            }
            StmtKind::While(condition, body) => {
                let condition = Some(self.condition(condition)?);
                let body = self.loop_body(body)?;
                Statement::Loop { condition, step: Vec::new(), body, first: true }
            }
            StmtKind::Do(body, condition) => {
                let body = self.loop_body(body)?;
                let condition = Some(self.condition(condition)?);
                Statement::Loop { condition, step: Vec::new(), body, first: false }
            }
            StmtKind::For { init, condition, step, body } => {
                let parts = (condition.as_ref(), step.as_slice());
                Statement::Block(self.nested(|binder| binder.for_loop(init, parts, body))?)
            }
            StmtKind::Foreach { ty, name, source, body } => {
                self.nested(|binder| binder.foreach((ty.as_ref(), name), source, body, at))?
            }
            StmtKind::Switch(subject, sections) => {
                let inside = sections.iter().flat_map(|section| &section.body);
                self.labelled(inside, |binder| binder.switch(subject, sections, out))?
            }
            StmtKind::Return(value) => self.returning(value.as_ref(), at)?,
            kind @ (StmtKind::Break | StmtKind::Continue | StmtKind::Goto(_) | StmtKind::Label(_)) => {
                self.leaving(kind, at)?
            }
            StmtKind::Throw(value) => Statement::Throw(
                value.as_ref().map(|value| self.expr(value)).transpose()?.map(|bound| bound.node),
            ),
            StmtKind::Try { body, catches, finally } => self.guarded(body, catches, finally.as_deref())?,
            StmtKind::Using(resource, body) => Statement::Block(self.nested(|binder| {
                let mut out = Vec::new();
                binder.statement(resource, &mut out)?;
                out.extend(binder.body(body)?);
                Ok(out)
            })?),
        };
        out.push(statement);
        Ok(())
    }

    fn effect(&mut self, value: &Expr) -> Bind<Statement> {
        let effective = matches!(
            value.kind,
            ExprKind::Assign(..)
                | ExprKind::Call(..)
                | ExprKind::Postfix(..)
                | ExprKind::Unary("++" | "--", _)
                | ExprKind::New { .. }
                | ExprKind::Conditional(..)
                | ExprKind::Throw(_)
        );
        if !effective {
            // Names are resolved first: their errors say more.
            self.expr(value)?;
            let message = "Only assignment, call, increment, decrement, await, and new object expressions can be used as a statement";
            return self.fail(code::FLOW, message, &value.at);
        }
        Ok(Statement::Value(self.expr(value)?.node))
    }

    fn declaration(
        &mut self,
        ty: Option<&TypeSyntax>,
        constant: bool,
        names: &[(String, Option<Expr>, Bytes)],
        out: &mut Vec<Statement>,
    ) -> Bind<()> {
        let declared = ty.map(|ty| self.ty(ty)).transpose()?;
        for (name, value, at) in names {
            let bound = match (value, &declared) {
                (Some(value), Some(ty)) => Some(self.expr_as(value, ty)?),
                (Some(value), None) => {
                    let bound = self.expr(value)?;
                    if matches!(bound.ty, Type::Null | Type::Void) {
                        let message = format!("Cannot assign {} to an implicitly-typed variable", bound.ty);
                        return self.fail(code::CONVERSION, message, at);
                    }
                    Some(bound)
                }
                (None, Some(_)) => None,
                (None, None) => {
                    return self.fail(code::SYNTAX, "Implicitly-typed variables must be initialized", at);
                }
            };
            let ty =
                declared.clone().or_else(|| bound.as_ref().map(|b| b.ty.clone())).unwrap_or(Type::OBJECT);
            let default = crate::run::convert::default(&ty);
            let place = self.declare(name, ty, at)?;
            if let Place::Cell(cell) = place {
                out.push(Statement::Fresh(cell));
            }
            let node = bound.map_or(Node::Constant(default), |bound| bound.node);
            if let (true, Node::Constant(known)) = (constant, &node)
                && let Some(variable) = self.scope().names.last_mut().and_then(|names| names.get_mut(name))
            {
                variable.constant = Some(known.clone());
            }
            out.push(Statement::Value(Node::Set(place, Box::new(node))));
        }
        Ok(())
    }

    fn deconstruct(
        &mut self,
        names: &[(Option<TypeSyntax>, String)],
        value: &Expr,
        out: &mut Vec<Statement>,
    ) -> Bind<()> {
        let bound = self.expr(value)?;
        let slot = self.temporary();
        out.push(Statement::Value(Node::Set(Place::Local(slot), Box::new(bound.node))));
        let types: Vec<Type> = match &bound.ty {
            Type::Fields(_, fields) => fields.iter().map(|(_, ty)| ty.clone()).collect(),
            Type::Named("System.Collections.Generic.KeyValuePair" | "System.Tuple", parts) => parts.to_vec(),
            other => {
                let message = format!(
                    "No suitable 'Deconstruct' instance or extension method was found for type '{other}', with {} out parameters and a void return type.",
                    names.len()
                );
                return self.fail(code::CONVERSION, message, &value.at);
            }
        };
        if types.len() != names.len() {
            let message = format!(
                "Cannot deconstruct a tuple of '{}' elements into '{}' variables.",
                types.len(),
                names.len()
            );
            return self.fail(code::CONVERSION, message, &value.at);
        }
        for (index, ((declared, name), ty)) in names.iter().zip(types).enumerate() {
            if name == "_" {
                continue;
            }
            let mut part = super::Bound::new(Node::Field(index, Box::new(Node::Local(slot))), ty);
            if let Some(declared) = declared {
                let declared = self.ty(declared)?;
                part = self.convert(part, &declared, &value.at)?;
            }
            let place = self.declare(name, part.ty, &value.at)?;
            if let Place::Cell(cell) = place {
                out.push(Statement::Fresh(cell));
            }
            out.push(Statement::Value(Node::Set(place, Box::new(part.node))));
        }
        Ok(())
    }

    fn loop_body(&mut self, body: &Stmt) -> Bind<Vec<Statement>> {
        self.scope().loops += 1;
        self.scope().breakable += 1;
        let bound = self.body(body);
        self.scope().loops -= 1;
        self.scope().breakable -= 1;
        bound
    }

    fn for_loop(
        &mut self,
        init: &[Stmt],
        (condition, step): (Option<&Expr>, &[Expr]),
        body: &Stmt,
    ) -> Bind<Vec<Statement>> {
        let mut out = Vec::new();
        for statement in init {
            self.statement(statement, &mut out)?;
        }
        let condition = condition.map(|condition| self.condition(condition)).transpose()?;
        let body = self.loop_body(body)?;
        let step = step.iter().map(|step| Ok(self.expr(step)?.node)).collect::<Bind<_>>()?;
        out.push(Statement::Loop { condition, step, body, first: true });
        Ok(out)
    }

    fn foreach(
        &mut self,
        (ty, name): (Option<&TypeSyntax>, &str),
        source: &Expr,
        body: &Stmt,
        at: &Bytes,
    ) -> Bind<Statement> {
        let bound = self.expr(source)?;
        let Some(element) = element_of(&bound.ty) else {
            let message = format!(
                "foreach statement cannot operate on variables of type '{}' because '{}' does not contain a public instance definition for 'GetEnumerator'",
                bound.ty, bound.ty
            );
            return self.fail(code::CONVERSION, message, &source.at);
        };
        let declared = ty.map(|ty| self.ty(ty)).transpose()?.unwrap_or_else(|| element.clone());
        let convert = if declared == element { None } else { Some(declared.clone()) };
        let place = self.declare(name, declared, at)?;
        let body = self.loop_body(body)?;
        Ok(Statement::Foreach { place, convert, source: bound.node, body })
    }

    fn switch(
        &mut self,
        subject: &Expr,
        sections: &[ast::Section],
        out: &mut Vec<Statement>,
    ) -> Bind<Statement> {
        let bound = self.expr(subject)?;
        let ty = bound.ty.clone();
        let slot = self.temporary();
        out.push(Statement::Value(Node::Set(Place::Local(slot), Box::new(bound.node))));
        let (mut labels, mut otherwise, mut bodies) = (Vec::new(), None, Vec::new());
        self.scope().breakable += 1;
        self.begin_switch(ty.clone());
        for (index, section) in sections.iter().enumerate() {
            self.scope().names.push(HashMap::new());
            for (pattern, guard) in &section.labels {
                let Some(pattern) = pattern else {
                    otherwise = Some(index);
                    continue;
                };
                let value = super::Bound::new(Node::Local(slot), ty.clone());
                let mut test = self.pattern(value, pattern, &section.at)?.node;
                if let Some(guard) = guard {
                    let guard = self.condition(guard)?;
                    test = Node::Short(false, Box::new(test), Box::new(guard));
                }
                labels.push((test, index));
            }
            bodies.push(self.listed(&section.body)?);
            self.scope().names.pop();
            if !ends(&section.body) && !section.body.iter().any(leaves) {
                let message = "Control cannot fall through from one case label to another";
                return self.fail(code::FLOW, message, &section.at);
            }
        }
        self.scope().breakable -= 1;
        self.end_switch((&labels, otherwise), &mut bodies)?;
        Ok(Statement::Switch { labels, otherwise, sections: bodies })
    }

    fn returning(&mut self, value: Option<&Expr>, at: &Bytes) -> Bind<Statement> {
        let expected = self.scope().returns.clone();
        let Some(value) = value else {
            if expected == Some(Type::Void) || (self.functions.len() > 1 && expected.is_none()) {
                return Ok(Statement::Return(None));
            }
            return self.fail(code::FLOW, "An object of a type convertible to 'object' is required", at);
        };
        let bound = match expected {
            Some(ty) => self.expr_as(value, &ty)?,
            None => self.expr(value)?,
        };
        if bound.ty == Type::Void {
            return self.fail(
                code::CONVERSION,
                "Cannot implicitly convert type 'void' to 'object'",
                &value.at,
            );
        }
        self.scope().returned.push(bound.ty);
        Ok(Statement::Return(Some(bound.node)))
    }

    fn guarded(
        &mut self,
        body: &[Stmt],
        catches: &[ast::Catch],
        finally: Option<&[Stmt]>,
    ) -> Bind<Statement> {
        let body = self.nested(|binder| binder.statements(body))?;
        let mut bound = Vec::new();
        for catch in catches {
            bound.push(self.nested(|binder| binder.catch(catch))?);
        }
        let finally = match finally {
            Some(finally) => self.closed(|binder| binder.nested(|binder| binder.statements(finally)))?,
            None => Vec::new(),
        };
        Ok(Statement::Try { body, catches: bound, finally })
    }

    fn catch(&mut self, catch: &ast::Catch) -> Bind<Catch> {
        let mut name = "System.Exception";
        let mut place = None;
        if let Some(syntax) = &catch.ty {
            let ty = self.ty(syntax)?;
            if implicit(&ty, None, &Type::named("System.Exception")).is_none() {
                let message = "The type caught or thrown must be derived from System.Exception";
                return self.fail(code::CONVERSION, message, &syntax.at);
            }
            name = ty.name().unwrap_or(name);
            if let Some(variable) = &catch.name {
                place = Some(self.declare(variable, ty, &syntax.at)?);
            }
        }
        let filter = catch.filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        Ok(Catch { ty: name, place, filter, body: self.statements(&catch.body)? })
    }

    fn declare_function(&mut self, function: &LocalFunction, at: &Bytes) -> Bind<()> {
        let returns = self.ty(&function.returns)?;
        let mut parameters = Vec::new();
        for (ty, name, default) in &function.parameters {
            let ty = self.ty(ty)?;
            let default = match default {
                Some(value) => match self.expr_as(value, &ty)?.node {
                    Node::Constant(value) => Some(value),
                    _ => {
                        return self.fail(
                            code::CONVERSION,
                            "Default parameter value must be a compile-time constant",
                            at,
                        );
                    }
                },
                None => None,
            };
            parameters.push((name.clone(), ty, default));
        }
        self.captured.insert(function.name.clone());
        let place = self.declare(&function.name, Type::OBJECT, at)?;
        let signature = Some(Arc::new(Signature { parameters, returns }));
        let variable = Variable { place, ty: Type::OBJECT, constant: None, function: signature };
        if let Some(names) = self.scope().names.last_mut() {
            names.insert(function.name.clone(), variable);
        }
        Ok(())
    }

    fn function(&mut self, function: &LocalFunction, at: &Bytes) -> Bind<(Place, Arc<Function>)> {
        let Some(Variable { place, function: Some(signature), .. }) = self.variable(&function.name) else {
            return self.fail(code::UNKNOWN_NAME, "The local function is not declared", at);
        };
        let returns = Some(signature.returns.clone());
        self.functions.push(Scope { names: vec![HashMap::new()], returns, ..Scope::default() });
        let level = self.functions.len();
        let bound = self.function_body(function, &signature);
        self.functions.truncate(level);
        let (places, body) = bound?;
        Ok((place, Arc::new(self.finish(places, body))))
    }

    fn function_body(
        &mut self,
        function: &LocalFunction,
        signature: &Signature,
    ) -> Bind<(Vec<Place>, Compiled)> {
        let mut places = Vec::new();
        for (name, ty, _) in &signature.parameters {
            places.push(self.declare(name, ty.clone(), &function.returns.at)?);
        }
        Ok(match &function.body {
            Body::Expr(value) if signature.returns == Type::Void => {
                (places, Compiled::Value(self.expr(value)?.node))
            }
            Body::Expr(value) => (places, Compiled::Value(self.expr_as(value, &signature.returns)?.node)),
            Body::Block(tree) => {
                let statements = self.statements(tree)?;
                if signature.returns != Type::Void && !ends(tree) {
                    let message = format!("'{}': not all code paths return a value", function.name);
                    return self.fail(code::FLOW, message, &function.returns.at);
                }
                (places, Compiled::Block(statements))
            }
        })
    }
}

/// A local function comes into being.
fn create(place: Place, function: &Arc<Function>) -> Statement {
    let lambda = Node::Lambda(Type::named("System.Action"), Arc::clone(function));
    Statement::Value(Node::Set(place, Box::new(lambda)))
}

/// What `foreach` yields.
fn element_of(ty: &Type) -> Option<Type> {
    if ty.is("Newtonsoft.Json.Linq.JObject") {
        let token = Type::named("Newtonsoft.Json.Linq.JToken");
        return Some(Type::generic("System.Collections.Generic.KeyValuePair", vec![Type::STRING, token]));
    }
    ancestry(ty)
        .iter()
        .find(|base| base.is("System.Collections.Generic.IEnumerable"))
        .and_then(|base| base.arguments().first().cloned())
        .or_else(|| ty.name().and_then(crate::types::element_of))
}

/// Whether the end of the statements is never reached.
pub(super) fn ends(statements: &[Stmt]) -> bool {
    // What stands behind a label can be reached whatever stands before it.
    let label = statements.iter().rposition(|statement| matches!(statement.kind, StmtKind::Label(_)));
    statements.iter().skip(label.unwrap_or(0)).any(|statement| match &statement.kind {
        StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Goto(_) => true,
        StmtKind::Block(inner) | StmtKind::Checked(_, inner) => ends(inner),
        StmtKind::If(_, yes, Some(no)) => ends(std::slice::from_ref(yes)) && ends(std::slice::from_ref(no)),
        StmtKind::While(condition, body) | StmtKind::Do(body, condition) => {
            always(Some(condition)) && !breaks(body)
        }
        StmtKind::For { condition, body, .. } => always(condition.as_ref()) && !breaks(body),
        StmtKind::Try { body, catches, finally } => {
            finally.as_ref().is_some_and(|finally| ends(finally))
                || (ends(body) && catches.iter().all(|catch| ends(&catch.body)))
        }
        StmtKind::Using(_, body) => ends(std::slice::from_ref(body)),
        StmtKind::Switch(_, sections) => {
            sections.iter().any(|s| s.labels.iter().any(|(pattern, _)| pattern.is_none()))
                && sections.iter().all(|section| ends(&section.body) && !section.body.iter().any(breaks))
        }
        _ => false,
    })
}

fn always(condition: Option<&Expr>) -> bool {
    condition.is_none_or(|condition| matches!(condition.kind, ExprKind::Literal(Value::Bool(true))))
}

/// Whether a `break` in it leaves the loop or switch around it.
fn breaks(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::Break => true,
        StmtKind::Block(inner) | StmtKind::Checked(_, inner) => inner.iter().any(breaks),
        StmtKind::If(_, yes, no) => breaks(yes) || no.as_ref().is_some_and(|no| breaks(no)),
        StmtKind::Try { body, catches, .. } => {
            body.iter().any(breaks) || catches.iter().any(|catch| catch.body.iter().any(breaks))
        }
        StmtKind::Using(_, body) => breaks(body),
        _ => false,
    }
}

/// Whether the statement leaves a section of a `switch`.
fn leaves(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::Continue => true,
        StmtKind::If(_, yes, Some(no)) => {
            let done = |s: &Stmt| breaks(s) || leaves(s) || ends(std::slice::from_ref(s));
            done(yes) && done(no)
        }
        StmtKind::Block(inner) | StmtKind::Checked(_, inner) => inner.iter().any(leaves),
        _ => breaks(statement),
    }
}
