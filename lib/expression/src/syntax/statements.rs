//! From tokens to the syntax tree: statements.

use super::ast::{
    Body, Catch, Expr, ExprKind, Jump, LocalFunction, Pattern, Section, Stmt, StmtKind, TypeKind, TypeSyntax,
};
use super::lexer::Kind;
use super::parser::{Parsed, Parser};

/// The variables that a value is taken apart into; no type for `var`.
type Parts = Vec<(Option<TypeSyntax>, String)>;

impl Parser<'_> {
    /// Statements up to the end of the text.
    pub fn program(&mut self) -> Parsed<Vec<Stmt>> {
        let mut found = Vec::new();
        while !matches!(self.kind(), Kind::End) {
            found.push(self.statement()?);
        }
        Ok(found)
    }

    pub(super) fn block(&mut self) -> Parsed<Vec<Stmt>> {
        self.expect("{")?;
        let mut found = Vec::new();
        while !self.is("}") {
            if matches!(self.kind(), Kind::End) {
                return self.fail_after("} expected");
            }
            found.push(self.statement()?);
        }
        self.at += 1;
        Ok(found)
    }

    fn statement(&mut self) -> Parsed<Stmt> {
        self.deeper(Self::any_statement)
    }

    fn boxed(&mut self) -> Parsed<Box<Stmt>> {
        if self.is_label() {
            return self.fail("Embedded statement cannot be a declaration or labeled statement");
        }
        self.statement().map(Box::new)
    }

    fn any_statement(&mut self) -> Parsed<Stmt> {
        let start = self.here().start;
        let word = match self.kind() {
            Kind::Word(word) => word.clone(),
            Kind::Sign("{") => {
                let kind = StmtKind::Block(self.block()?);
                return Ok(Stmt { kind, at: self.since(start) });
            }
            Kind::Sign(";") => {
                self.at += 1;
                return Ok(Stmt { kind: StmtKind::Empty, at: self.since(start) });
            }
            _ => String::new(),
        };
        if self.is_label() {
            let kind = self.label()?;
            return Ok(Stmt { kind, at: self.since(start) });
        }
        let kind = match word.as_str() {
            "if" => self.conditional_statement()?,
            "while" => self.while_loop()?,
            "do" => self.do_loop()?,
            "for" => self.for_loop()?,
            "foreach" => self.foreach_loop()?,
            "switch" => self.switch()?,
            "try" => self.try_statement()?,
            "using" => self.using()?,
            "return" => self.returning()?,
            "break" => self.simple(StmtKind::Break)?,
            "continue" => self.simple(StmtKind::Continue)?,
            "throw" => self.throwing()?,
            "checked" | "unchecked" if self.ahead_is(1, "{") => {
                self.at += 1;
                StmtKind::Checked(word == "checked", self.block()?)
            }
            "goto" => self.goto()?,
            "lock" | "yield" | "fixed" | "unsafe" if !self.ahead_is(1, "=") => {
                return self.missing(&format!("'{word}'"));
            }
            _ => self.declaration_or_expression()?,
        };
        Ok(Stmt { kind, at: self.since(start) })
    }

    fn is_label(&self) -> bool {
        self.is_identifier(0) && self.ahead_is(1, ":")
    }

    fn label(&mut self) -> Parsed<StmtKind> {
        let name = self.identifier()?;
        self.expect(":")?;
        if self.is("}") || matches!(self.kind(), Kind::End) {
            return self.fail("Invalid expression term '}'");
        }
        Ok(StmtKind::Label(name))
    }

    fn goto(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let jump = if self.eat("case") {
            Jump::Case(self.expression()?)
        } else if self.eat("default") {
            Jump::Default
        } else {
            Jump::Label(self.identifier()?)
        };
        self.expect(";")?;
        Ok(StmtKind::Goto(jump))
    }

    fn simple(&mut self, kind: StmtKind) -> Parsed<StmtKind> {
        self.at += 1;
        self.expect(";")?;
        Ok(kind)
    }

    fn condition(&mut self) -> Parsed<Expr> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    fn conditional_statement(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let condition = self.condition()?;
        let yes = self.boxed()?;
        let no = if self.eat("else") { Some(self.boxed()?) } else { None };
        Ok(StmtKind::If(condition, yes, no))
    }

    fn while_loop(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let condition = self.condition()?;
        Ok(StmtKind::While(condition, self.boxed()?))
    }

    fn do_loop(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let body = self.boxed()?;
        self.expect("while")?;
        let condition = self.condition()?;
        self.expect(";")?;
        Ok(StmtKind::Do(body, condition))
    }

    fn for_loop(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        self.expect("(")?;
        let mut init = Vec::new();
        if !self.eat(";") {
            let at = self.here();
            let kind = match self.declaration()? {
                Some(kind) => kind,
                None => StmtKind::Expr(self.expression()?),
            };
            init.push(Stmt { kind, at: self.since(at.start) });
            while self.eat(",") {
                let value = self.expression()?;
                init.push(Stmt { at: value.at.clone(), kind: StmtKind::Expr(value) });
            }
            self.expect(";")?;
        }
        let condition = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        let mut step = Vec::new();
        while !self.is(")") {
            step.push(self.expression()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(StmtKind::For { init, condition, step, body: self.boxed()? })
    }

    fn foreach_loop(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        self.expect("(")?;
        let start = self.here().start;
        if self.is("var") && self.ahead_is(1, "(") {
            self.at += 1;
            let names = self.names()?;
            self.expect("in")?;
            return self.foreach_of_parts(start, names);
        }
        if let Some(names) = self.declared_parts("in") {
            return self.foreach_of_parts(start, names);
        }
        let ty = if self.eat("var") { None } else { Some(self.ty()?) };
        let name = self.identifier()?;
        self.expect("in")?;
        let source = self.expression()?;
        self.expect(")")?;
        Ok(StmtKind::Foreach { ty, name, source, body: self.boxed()? })
    }

    /// `foreach (var (a, b) in …)`: the first statement of the body takes each element apart.
    fn foreach_of_parts(&mut self, start: usize, names: Parts) -> Parsed<StmtKind> {
        let at = self.since(start);
        let source = self.expression()?;
        self.expect(")")?;
        let (name, body) = (format!("<{start}>"), *self.boxed()?);
        let whole = Expr { kind: ExprKind::Name(name.clone(), Vec::new()), at: at.clone() };
        let parts = Stmt { kind: StmtKind::Deconstruct(names, whole), at: at.clone() };
        let body = Stmt { kind: StmtKind::Block(vec![parts, body]), at };
        Ok(StmtKind::Foreach { ty: None, name, source, body: Box::new(body) })
    }

    /// `(a, b)`
    fn names(&mut self) -> Parsed<Parts> {
        self.expect("(")?;
        let mut names = vec![(None, self.identifier()?)];
        while self.eat(",") {
            names.push((None, self.identifier()?));
        }
        self.expect(")")?;
        Ok(names)
    }

    /// `(int a, var b)` and what comes then: the type of a tuple that names all its parts.
    fn declared_parts(&mut self, then: &str) -> Option<Parts> {
        self.attempt(|p| {
            let TypeKind::Tuple(parts) = p.ty()?.kind else { return p.fail("") };
            let named =
                |(ty, name): (TypeSyntax, Option<String>)| Some(((!is_var(&ty)).then_some(ty), name?));
            match parts.into_iter().map(named).collect() {
                Some(all) if p.eat(then) => Ok(all),
                _ => p.fail(""),
            }
        })
    }

    fn switch(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let subject = self.condition()?;
        self.expect("{")?;
        let mut sections = Vec::new();
        while !self.eat("}") {
            let start = self.here().start;
            let mut labels = Vec::new();
            loop {
                if self.eat("default") {
                    labels.push((None, None));
                } else if self.eat("case") {
                    let pattern = self.case_pattern()?;
                    let guard = if self.eat("when") { Some(self.expression()?) } else { None };
                    labels.push((Some(pattern), guard));
                } else {
                    break;
                }
                self.expect(":")?;
            }
            if labels.is_empty() {
                return self.fail("} expected");
            }
            let at = self.since(start);
            let mut body = Vec::new();
            while !self.is("case") && !self.is("default") && !self.is("}") {
                body.push(self.statement()?);
            }
            sections.push(Section { labels, body, at });
        }
        Ok(StmtKind::Switch(subject, sections))
    }

    fn case_pattern(&mut self) -> Parsed<Pattern> {
        let declared = self.attempt(|p| {
            let pattern = p.pattern()?;
            match pattern {
                Pattern::Declaration(..) | Pattern::Var(_) => Ok(pattern),
                _ => p.fail(""),
            }
        });
        match declared {
            Some(pattern) => Ok(pattern),
            None => Ok(Pattern::Constant(Box::new(self.expression()?))),
        }
    }

    fn try_statement(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let body = self.block()?;
        let mut catches = Vec::new();
        while self.eat("catch") {
            let (mut ty, mut name, mut filter) = (None, None, None);
            if self.eat("(") {
                ty = Some(self.ty()?);
                if self.is_identifier(0) {
                    name = Some(self.identifier()?);
                }
                self.expect(")")?;
            }
            if self.eat("when") {
                filter = Some(self.condition()?);
            }
            catches.push(Catch { ty, name, filter, body: self.block()? });
        }
        let finally = if self.eat("finally") { Some(self.block()?) } else { None };
        if catches.is_empty() && finally.is_none() {
            return self.fail_after("Expected catch or finally");
        }
        Ok(StmtKind::Try { body, catches, finally })
    }

    fn using(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        self.expect("(")?;
        let start = self.here().start;
        let kind = match self.declaration()? {
            Some(kind) => kind,
            None => StmtKind::Expr(self.expression()?),
        };
        let resource = Stmt { kind, at: self.since(start) };
        self.expect(")")?;
        Ok(StmtKind::Using(Box::new(resource), self.boxed()?))
    }

    fn returning(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let value = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        Ok(StmtKind::Return(value))
    }

    fn throwing(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let value = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        Ok(StmtKind::Throw(value))
    }

    fn declaration_or_expression(&mut self) -> Parsed<StmtKind> {
        if self.is("var") && self.ahead_is(1, "(") && self.is_identifier(2) && self.ahead_is(3, ",") {
            return self.deconstruction();
        }
        if let Some(function) = self.local_function()? {
            return Ok(StmtKind::Function(Box::new(function)));
        }
        let kind = match self.declaration()? {
            Some(kind) => kind,
            None => self.expression_statement()?,
        };
        self.expect(";")?;
        Ok(kind)
    }

    fn expression_statement(&mut self) -> Parsed<StmtKind> {
        if let Some(names) = self.declared_parts("=") {
            return Ok(StmtKind::Deconstruct(names, self.expression()?));
        }
        if self.ahead_is(1, "[") && self.ahead_is(2, ",") {
            return self.missing("an array of several dimensions");
        }
        let value = self.expression()?;
        Ok(match value.kind {
            ExprKind::Assign("=", target, value) if matches!(target.kind, ExprKind::Tuple(_)) => {
                let ExprKind::Tuple(targets) = target.kind else { return self.fail("; expected") };
                self.assigned_parts(targets, *value)?
            }
            kind => StmtKind::Expr(Expr { kind, at: value.at }),
        })
    }

    fn deconstruction(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let names = self.names()?;
        self.expect("=")?;
        let value = self.expression()?;
        self.expect(";")?;
        Ok(StmtKind::Deconstruct(names, value))
    }

    /// `(a, b) = …`: the value is taken apart before anything is assigned.
    fn assigned_parts(&self, targets: Vec<(Option<String>, Expr)>, value: Expr) -> Parsed<StmtKind> {
        let at = value.at.clone();
        let name = |index: usize| format!("<{}.{index}>", at.start);
        let names = (0..targets.len()).map(|index| (None, name(index))).collect();
        let mut all = vec![Stmt { kind: StmtKind::Deconstruct(names, value), at: at.clone() }];
        for (index, (_, target)) in targets.into_iter().enumerate() {
            match &target.kind {
                ExprKind::Name(discarded, _) if discarded == "_" => {}
                ExprKind::Name(..) => {
                    let part = Expr { kind: ExprKind::Name(name(index), Vec::new()), at: at.clone() };
                    let kind = ExprKind::Assign("=", Box::new(target), Box::new(part));
                    all.push(Stmt { kind: StmtKind::Expr(Expr { kind, at: at.clone() }), at: at.clone() });
                }
                _ => return self.missing("assigning a tuple to anything but variables"),
            }
        }
        Ok(StmtKind::Block(all))
    }

    /// `T a = x, b` without the semicolon, if a declaration stands here.
    fn declaration(&mut self) -> Parsed<Option<StmtKind>> {
        let constant = self.eat("const");
        let head = self.attempt(|p| {
            let ty = p.ty()?;
            let names = p.is_identifier(0) && ["=", ";", ",", ")"].iter().any(|sign| p.ahead_is(1, sign));
            let unfinished = p.is_identifier(0) && !p.ahead_is(1, "(") && !p.ahead_is(1, "=>");
            if names || unfinished { Ok(ty) } else { p.fail("") }
        });
        let Some(ty) = head else {
            return if constant { self.fail("Type expected") } else { Ok(None) };
        };
        let mut names = Vec::new();
        loop {
            let at = self.here();
            let name = self.identifier()?;
            let value = if self.eat("=") { Some(self.array_or_expression(&ty)?) } else { None };
            names.push((name, value, at));
            if !self.eat(",") {
                break;
            }
        }
        Ok(Some(StmtKind::Declare { ty: (!is_var(&ty)).then_some(ty), constant, names }))
    }

    /// `int[] a = { 1, 2 }` leaves `new int[]` out.
    fn array_or_expression(&mut self, ty: &TypeSyntax) -> Parsed<Expr> {
        let start = self.here().start;
        match &ty.kind {
            TypeKind::Array(element) if self.eat("{") => {
                let items = self.items()?;
                let kind =
                    ExprKind::Array { element: Some((**element).clone()), size: None, items: Some(items) };
                Ok(Expr { kind, at: self.since(start) })
            }
            _ => self.expression(),
        }
    }

    fn local_function(&mut self) -> Parsed<Option<LocalFunction>> {
        let from = self.at;
        let head = self.attempt(|p| {
            if p.is("static") {
                p.at += 1;
            }
            let returns = p.ty()?;
            let name = p.identifier()?;
            p.expect("(")?;
            let mut parameters = Vec::new();
            while !p.is(")") {
                let ty = p.ty()?;
                let parameter = p.identifier()?;
                let default = if p.eat("=") { Some(p.expression()?) } else { None };
                parameters.push((ty, parameter, default));
                if !p.eat(",") {
                    break;
                }
            }
            p.expect(")")?;
            if p.is("{") || p.is("=>") { Ok((returns, name, parameters)) } else { p.fail("") }
        });
        let Some((returns, name, parameters)) = head else { return Ok(None) };
        let body = if self.eat("=>") {
            let value = self.expression()?;
            self.expect(";")?;
            Body::Expr(value)
        } else {
            Body::Block(self.block()?)
        };
        self.capture(from);
        Ok(Some(LocalFunction { returns, name, parameters, body }))
    }
}

fn is_var(ty: &TypeSyntax) -> bool {
    matches!(&ty.kind, TypeKind::Named(name, types) if name == "var" && types.is_empty())
}
