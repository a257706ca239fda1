//! From the text of an expression to what it says. Names get their namespaces here, functions are found here.

use std::ops::Range;
use std::sync::Arc;

use super::lexer::{Token, tokens};
use super::{Axis, Expr, Operator, Start, Step, Test, find};
use crate::tree::{Binding, QName};

/// How deep expressions may nest.
const DEPTH: usize = 48;

/// What is wrong in an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where in the expression.
    pub span: Range<usize>,
}

/// Operators by how loosely they bind, the loosest first.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("div", Operator::Divide), ("mod", Operator::Remainder)],
];

/// Reads one expression or pattern.
#[derive(Debug)]
pub struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token<'t>, Range<usize>)>,
    at: usize,
    depth: usize,
    namespaces: &'t [Binding],
    /// The variables that it refers to.
    pub variables: Vec<(QName, Range<usize>)>,
}

impl<'t> Parser<'t> {
    /// Reads `text`, whose prefixes are those of `namespaces`.
    pub fn new(text: &'t str, namespaces: &'t [Binding]) -> Self {
        Self { text, tokens: tokens(text), at: 0, depth: 0, namespaces, variables: Vec::new() }
    }

    /// The whole text as an expression.
    pub fn whole(&mut self) -> Result<Expr, Problem> {
        let expression = self.expression()?;
        if self.peek().is_some() { Err(self.unexpected()) } else { Ok(expression) }
    }

    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).map(|(token, _)| *token)
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if found == symbol)
    }

    fn behind_is(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.at + 1), Some((Token::Symbol(found), _)) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, symbol: &str) -> Result<(), Problem> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn span(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |(_, span)| span.clone())
    }

    fn unexpected(&self) -> Problem {
        let span = self.span();
        let message = match self.text.get(span.clone()) {
            Some(found) if !found.is_empty() => format!("'{found}' is unexpected in '{}'", self.text),
            _ => format!("the expression '{}' ends too early", self.text),
        };
        Problem { message, span }
    }

    fn expression(&mut self) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > DEPTH {
            let message = format!("the expression nests deeper than {DEPTH} levels");
            return Err(Problem { message, span: self.span() });
        }
        let expression = self.binary(LEVELS)?;
        self.depth -= 1;
        Ok(expression)
    }

    fn binary(&mut self, levels: &[&[(&str, Operator)]]) -> Result<Expr, Problem> {
        let Some((level, tighter)) = levels.split_first() else { return self.unary() };
        let mut left = self.binary(tighter)?;
        while let Some(operator) = self.operator(level) {
            self.at += 1;
            let right = self.binary(tighter)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn operator(&self, level: &[(&str, Operator)]) -> Option<Operator> {
        let (Token::Symbol(found) | Token::Name(found)) = self.peek()? else { return None };
        level.iter().find(|(name, _)| *name == found).map(|(_, operator)| *operator)
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        let mut signs = 0;
        while self.take("-") {
            signs += 1;
        }
        let mut left = self.path()?;
        while self.take("|") {
            let right = self.path()?;
            left = Expr::Binary(Operator::Union, Box::new(left), Box::new(right));
        }
        Ok((0..signs.min(2 - signs % 2)).fold(left, |operand, _| Expr::Negate(Box::new(operand))))
    }

    /// A path, or an expression with predicates and perhaps a path behind it.
    fn path(&mut self) -> Result<Expr, Problem> {
        if self.is("/") || self.is("//") {
            let bare = self.take("/");
            if bare && !self.begins_step() {
                return Ok(Expr::Path(Start::Root, Vec::new()));
            }
            let mut steps = Vec::new();
            self.steps(&mut steps)?;
            return Ok(Expr::Path(Start::Root, steps));
        }
        if !self.begins_primary() {
            let mut steps = Vec::new();
            self.steps(&mut steps)?;
            return Ok(Expr::Path(Start::Here, steps));
        }
        let primary = self.primary()?;
        let predicates = self.predicates()?;
        let filtered =
            if predicates.is_empty() { primary } else { Expr::Filter(Box::new(primary), predicates) };
        if !self.is("/") && !self.is("//") {
            return Ok(filtered);
        }
        self.take("/");
        let mut steps = Vec::new();
        self.steps(&mut steps)?;
        Ok(Expr::Path(Start::Nodes(Box::new(filtered)), steps))
    }

    fn begins_step(&self) -> bool {
        matches!(self.peek(), Some(Token::Name(_) | Token::Symbol("." | ".." | "@" | "*")))
    }

    fn begins_primary(&self) -> bool {
        match self.peek() {
            Some(Token::Number(_) | Token::Literal(_) | Token::Variable(_) | Token::Symbol("(")) => true,
            Some(Token::Name(name)) => self.behind_is("(") && !is_node_type(name),
            _ => false,
        }
    }

    fn primary(&mut self) -> Result<Expr, Problem> {
        let (token, span) = (self.peek(), self.span());
        self.at += 1;
        match token {
            Some(Token::Number(number)) => Ok(Expr::Number(number)),
            Some(Token::Literal(text)) => Ok(Expr::Literal(text.into())),
            Some(Token::Variable(name)) => {
                let name = self.name(name, &span)?;
                self.variables.push((name.clone(), span));
                Ok(Expr::Variable(name))
            }
            Some(Token::Name(name)) => self.call(name, &span),
            _ => {
                let inside = self.expression()?;
                self.need(")")?;
                Ok(inside)
            }
        }
    }

    fn call(&mut self, written: &str, span: &Range<usize>) -> Result<Expr, Problem> {
        let wrong = |message: String| Problem { message, span: span.clone() };
        let name = self.name(written, span)?;
        if written == "document" {
            return Err(wrong("'document()' is not available: nothing is read from outside".to_owned()));
        }
        let function = find(&name).ok_or_else(|| wrong(format!("there is no function '{written}()'")))?;
        self.need("(")?;
        let mut arguments = Vec::new();
        while !self.take(")") {
            if !arguments.is_empty() {
                self.need(",")?;
            }
            arguments.push(self.expression()?);
        }
        if !function.arguments.contains(&arguments.len()) {
            return Err(wrong(format!("'{written}()' does not take {} argument(s)", arguments.len())));
        }
        Ok(Expr::Call(function, arguments))
    }

    /// Steps with `/` or `//` between them; perhaps `//` before them.
    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), Problem> {
        loop {
            let anywhere = self.take("//");
            let step = self.step()?;
            let positional = step.predicates.iter().any(Expr::is_positional);
            if anywhere && step.axis == Axis::Child && !positional {
                steps.push(Step { axis: Axis::Descendant, ..step });
            } else {
                if anywhere {
                    let (axis, test) = (Axis::DescendantOrSelf, Test::Node);
                    steps.push(Step { axis, test, predicates: Vec::new() });
                }
                steps.push(step);
            }
            if !self.take("/") && !self.is("//") {
                return Ok(());
            }
        }
    }

    /// A step.
    pub fn step(&mut self) -> Result<Step, Problem> {
        let node = |axis| Step { axis, test: Test::Node, predicates: Vec::new() };
        if self.take(".") {
            return Ok(node(Axis::Itself));
        }
        if self.take("..") {
            return Ok(node(Axis::Parent));
        }
        let axis = self.axis()?;
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn axis(&mut self) -> Result<Axis, Problem> {
        if self.take("@") {
            return Ok(Axis::Attribute);
        }
        let Some(Token::Name(name)) = self.peek().filter(|_| self.behind_is("::")) else {
            return Ok(Axis::Child);
        };
        let axis = Axis::named(name).ok_or_else(|| self.unexpected())?;
        self.at += 2;
        Ok(axis)
    }

    fn test(&mut self) -> Result<Test, Problem> {
        if self.take("*") {
            return Ok(Test::Any);
        }
        let span = self.span();
        let Some(Token::Name(name)) = self.peek() else { return Err(self.unexpected()) };
        self.at += 1;
        if is_node_type(name) && self.take("(") {
            let test = match (name, self.peek()) {
                ("node", _) => Test::Node,
                ("text", _) => Test::Text,
                ("comment", _) => Test::Comment,
                (_, Some(Token::Literal(target))) => {
                    self.at += 1;
                    Test::Instruction(Some(target.into()))
                }
                _ => Test::Instruction(None),
            };
            self.need(")")?;
            return Ok(test);
        }
        match name.strip_suffix(":*") {
            Some(prefix) => Ok(Test::Namespace(self.namespace(prefix, &span)?)),
            None => Ok(Test::Name(self.name(name, &span)?)),
        }
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, Problem> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.expression()?);
            self.need("]")?;
        }
        Ok(predicates)
    }

    fn name(&self, written: &str, span: &Range<usize>) -> Result<QName, Problem> {
        match written.split_once(':') {
            Some((prefix, local)) => {
                Ok(QName { namespace: self.namespace(prefix, span)?, local: local.into() })
            }
            None => Ok(QName::local(written)),
        }
    }

    fn namespace(&self, prefix: &str, span: &Range<usize>) -> Result<Arc<str>, Problem> {
        let known = self.namespaces.iter().find(|binding| *binding.prefix == *prefix);
        let message = || format!("the prefix '{prefix}' is not declared");
        known
            .map(|binding| Arc::clone(&binding.uri))
            .ok_or_else(|| Problem { message: message(), span: span.clone() })
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}
