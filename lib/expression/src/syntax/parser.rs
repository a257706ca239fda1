//! From tokens to the syntax tree: expressions and types. Statements are in the sibling module.

use std::collections::HashSet;

use diagnostic::Diagnostic;

use super::ast::{Argument, Body, Bytes, Expr, ExprKind, Lambda, Mode, Pattern, TypeKind, TypeSyntax};
use super::lexer::{Kind, Piece, Token};
use crate::code;
use crate::text::Str;
use crate::value::Value;

const DEEPEST: usize = 64;
const LONGEST: usize = 400;

pub type Parsed<T> = Result<T, Diagnostic>;

/// Reads tokens from left to right and stops at the first error.
pub struct Parser<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: Vec<Token>,
    pub at: usize,
    depth: usize,
    /// Names that occur inside lambdas and local functions: locals of these names live in shared cells.
    pub captured: HashSet<String>,
}

const PREDEFINED: [&str; 16] = [
    "bool", "byte", "char", "decimal", "double", "float", "int", "long", "object", "sbyte", "short",
    "string", "uint", "ulong", "ushort", "void",
];

const KEYWORDS: [&str; 62] = [
    "abstract",
    "as",
    "base",
    "bool",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "checked",
    "class",
    "const",
    "continue",
    "decimal",
    "default",
    "delegate",
    "do",
    "double",
    "else",
    "enum",
    "event",
    "explicit",
    "extern",
    "false",
    "finally",
    "fixed",
    "float",
    "for",
    "foreach",
    "goto",
    "if",
    "implicit",
    "in",
    "int",
    "interface",
    "is",
    "lock",
    "long",
    "namespace",
    "new",
    "null",
    "object",
    "operator",
    "out",
    "params",
    "private",
    "ref",
    "return",
    "sbyte",
    "short",
    "sizeof",
    "static",
    "string",
    "struct",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "using",
    "while",
];

const PRECEDENCE: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", ">", "<=", ">=", "is", "as"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl<'s> Parser<'s> {
    pub fn new(source: &'s str, tokens: Vec<Token>) -> Self {
        Self { source, tokens, at: 0, depth: 0, captured: HashSet::new() }
    }

    pub fn kind(&self) -> &Kind {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, by: usize) -> &Kind {
        self.tokens.get(self.at + by).map_or(&Kind::End, |token| &token.kind)
    }

    pub fn here(&self) -> Bytes {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0..0, |token| token.at.clone())
    }

    fn before(&self) -> usize {
        self.tokens.get(self.at.wrapping_sub(1)).map_or(0, |token| token.at.end)
    }

    pub(super) fn since(&self, start: usize) -> Bytes {
        start..self.before().max(start)
    }

    pub fn is(&self, sign: &str) -> bool {
        self.ahead_is(0, sign)
    }

    pub(super) fn ahead_is(&self, by: usize, text: &str) -> bool {
        match self.ahead(by) {
            Kind::Sign(found) => *found == text,
            Kind::Word(found) => found == text,
            _ => false,
        }
    }

    pub fn eat(&mut self, text: &str) -> bool {
        let found = self.is(text);
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, text: &str) -> Parsed<()> {
        if self.eat(text) { Ok(()) } else { self.fail_after(format!("{text} expected")) }
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(Diagnostic::new(code::SYNTAX, message).at(self.source, self.here()))
    }

    /// What C# has and the sandbox has not.
    pub(super) fn missing<T>(&self, what: &str) -> Parsed<T> {
        let message = format!("{what} is not implemented by the sandbox");
        Err(Diagnostic::new(code::NOT_IMPLEMENTED, message).at(self.source, self.here()))
    }

    /// Something is missing behind the last token, which is where the compiler points.
    pub(super) fn fail_after<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let at = self.before();
        Err(Diagnostic::new(code::SYNTAX, message).at(self.source, at..at))
    }

    pub fn identifier(&mut self) -> Parsed<String> {
        let name = match self.kind() {
            Kind::Verbatim(name) => name.clone(),
            Kind::Word(name) if !KEYWORDS.contains(&name.as_str()) => name.clone(),
            Kind::Word(name) => {
                let message = format!("Identifier expected; '{name}' is a keyword");
                return self.fail(message);
            }
            _ => return self.fail("Identifier expected"),
        };
        self.at += 1;
        Ok(name)
    }

    pub(super) fn is_identifier(&self, by: usize) -> bool {
        match self.ahead(by) {
            Kind::Verbatim(_) => true,
            Kind::Word(name) => !KEYWORDS.contains(&name.as_str()),
            _ => false,
        }
    }

    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail("An expression is too long or complex to compile");
        }
        let parsed = crate::stack::deep(|| parse(self));
        self.depth -= 1;
        parsed
    }

    /// Parses if it can, or leaves everything as it was.
    pub(super) fn attempt<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Option<T> {
        let (at, depth) = (self.at, self.depth);
        let parsed = parse(self).ok();
        if parsed.is_none() {
            (self.at, self.depth) = (at, depth);
        }
        parsed
    }

    /// Notes every name between the token `from` and here as captured.
    pub(super) fn capture(&mut self, from: usize) {
        let tokens = self.tokens.get(from..self.at).unwrap_or_default();
        note(tokens, &mut self.captured);
    }

    // Types

    pub fn ty(&mut self) -> Parsed<TypeSyntax> {
        self.deeper(|p| p.type_suffixed(Self::nullable_always))
    }

    /// A type after `is` and `as`, where `?` may begin a conditional expression.
    fn tested_type(&mut self) -> Parsed<TypeSyntax> {
        self.deeper(|p| p.type_suffixed(Self::nullable_unless_ternary))
    }

    fn nullable_always(&self) -> bool {
        true
    }

    fn nullable_unless_ternary(&self) -> bool {
        match self.ahead(1) {
            Kind::Sign(sign) => !matches!(*sign, "(" | "-" | "!" | "+" | "~"),
            Kind::End => true,
            _ => false,
        }
    }

    fn type_suffixed(&mut self, nullable: fn(&Self) -> bool) -> Parsed<TypeSyntax> {
        let start = self.here().start;
        let mut kind = if self.is("(") { self.tuple_type()? } else { self.named_type()? };
        loop {
            let inner = |p: &Self, kind| Box::new(TypeSyntax { kind, at: p.since(start) });
            if self.is("?") && nullable(self) {
                self.at += 1;
                kind = TypeKind::Nullable(inner(self, kind));
            } else if self.is("[") && self.ahead_is(1, "]") {
                self.at += 2;
                kind = TypeKind::Array(inner(self, kind));
            } else {
                return Ok(TypeSyntax { kind, at: self.since(start) });
            }
        }
    }

    fn tuple_type(&mut self) -> Parsed<TypeKind> {
        self.expect("(")?;
        let mut parts = Vec::new();
        loop {
            let ty = self.ty()?;
            let name = if self.is_identifier(0) { Some(self.identifier()?) } else { None };
            parts.push((ty, name));
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        if parts.len() < 2 {
            return self.fail("Tuple must contain at least two elements.");
        }
        Ok(TypeKind::Tuple(parts))
    }

    fn named_type(&mut self) -> Parsed<TypeKind> {
        if let Kind::Word(word) = self.kind()
            && PREDEFINED.contains(&word.as_str())
        {
            let word = word.clone();
            self.at += 1;
            return Ok(TypeKind::Named(word, Vec::new()));
        }
        let mut name = self.identifier()?;
        if self.is("::") {
            self.at += 1;
            name = self.identifier()?;
        }
        loop {
            if self.is("<") {
                let types = self.type_arguments()?;
                return Ok(TypeKind::Named(name, types));
            }
            if !(self.is(".") && self.is_identifier(1)) {
                return Ok(TypeKind::Named(name, Vec::new()));
            }
            self.at += 1;
            name = format!("{name}.{}", self.identifier()?);
        }
    }

    fn type_arguments(&mut self) -> Parsed<Vec<TypeSyntax>> {
        self.expect("<")?;
        let mut types = vec![self.ty()?];
        while self.eat(",") {
            types.push(self.ty()?);
        }
        self.expect(">")?;
        Ok(types)
    }

    /// Type arguments of a method, if that is what `<` begins.
    fn method_type_arguments(&mut self) -> Vec<TypeSyntax> {
        if !self.is("<") {
            return Vec::new();
        }
        self.attempt(|p| {
            let types = p.type_arguments()?;
            match p.kind() {
                Kind::Sign(
                    "(" | ")" | "]" | "}" | ":" | ";" | "," | "." | "?" | "==" | "!=" | "|" | "^" | "[",
                )
                | Kind::End => Ok(types),
                _ => p.fail(""),
            }
        })
        .unwrap_or_default()
    }

    // Expressions

    /// Nothing may follow an expression.
    pub fn end(&self) -> Parsed<()> {
        match self.kind() {
            Kind::End => Ok(()),
            _ => self.fail(") expected"),
        }
    }

    pub fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(Self::assignment)
    }

    fn assignment(&mut self) -> Parsed<Expr> {
        let start = self.here().start;
        if self.starts_lambda() {
            return self.lambda();
        }
        if self.eat("throw") {
            let value = self.expression()?;
            return Ok(Expr { kind: ExprKind::Throw(Box::new(value)), at: self.since(start) });
        }
        let left = self.ternary()?;
        for sign in ["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", "??="] {
            if self.eat(sign) {
                let right = self.expression()?;
                let kind = ExprKind::Assign(sign, Box::new(left), Box::new(right));
                return Ok(Expr { kind, at: self.since(start) });
            }
        }
        if self.is(">") && self.ahead_is(1, ">=") {
            self.at += 2;
            let right = self.expression()?;
            let kind = ExprKind::Assign(">>=", Box::new(left), Box::new(right));
            return Ok(Expr { kind, at: self.since(start) });
        }
        Ok(left)
    }

    fn starts_lambda(&self) -> bool {
        if self.is_identifier(0) && self.ahead_is(1, "=>") {
            return true;
        }
        if !self.is("(") {
            return false;
        }
        let mut depth = 0;
        for by in 0.. {
            match self.ahead(by) {
                Kind::Sign("(") => depth += 1,
                Kind::Sign(")") => {
                    depth -= 1;
                    if depth == 0 {
                        return self.ahead_is(by + 1, "=>");
                    }
                }
                Kind::Sign("{" | "}" | ";") | Kind::End => return false,
                _ => {}
            }
        }
        false
    }

    fn lambda(&mut self) -> Parsed<Expr> {
        let (start, from) = (self.here().start, self.at);
        let parameters =
            if self.is("(") { self.lambda_parameters()? } else { vec![(None, self.identifier()?)] };
        self.expect("=>")?;
        let body = if self.is("{") { Body::Block(self.block()?) } else { Body::Expr(self.expression()?) };
        self.capture(from);
        Ok(Expr { kind: ExprKind::Lambda(Box::new(Lambda { parameters, body })), at: self.since(start) })
    }

    /// `delegate (T a, U b) { … }`
    pub(super) fn anonymous_method(&mut self) -> Parsed<Expr> {
        let (start, from) = (self.here().start, self.at);
        self.at += 1;
        let parameters = self.lambda_parameters()?;
        let body = Body::Block(self.block()?);
        self.capture(from);
        Ok(Expr { kind: ExprKind::Lambda(Box::new(Lambda { parameters, body })), at: self.since(start) })
    }

    fn lambda_parameters(&mut self) -> Parsed<Vec<(Option<TypeSyntax>, String)>> {
        let mut parameters = Vec::new();
        self.expect("(")?;
        while !self.is(")") {
            let untyped = self.is_identifier(0) && (self.ahead_is(1, ",") || self.ahead_is(1, ")"));
            let ty = if untyped { None } else { Some(self.ty()?) };
            parameters.push((ty, self.identifier()?));
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(parameters)
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let start = self.here().start;
        let condition = self.coalesce()?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.expression()?;
        self.expect(":")?;
        let no = self.expression()?;
        let kind = ExprKind::Ternary(Box::new(condition), Box::new(yes), Box::new(no));
        Ok(Expr { kind, at: self.since(start) })
    }

    fn coalesce(&mut self) -> Parsed<Expr> {
        let start = self.here().start;
        let left = self.binary(0)?;
        if !self.eat("??") {
            return Ok(left);
        }
        let right = self.deeper(|p| if p.is("throw") { p.assignment() } else { p.coalesce() })?;
        Ok(Expr { kind: ExprKind::Binary("??", Box::new(left), Box::new(right)), at: self.since(start) })
    }

    fn operator(&self, level: usize) -> Option<(&'static str, usize)> {
        let signs = PRECEDENCE.get(level)?;
        let shift = self.is(">")
            && self.ahead_is(1, ">")
            && self.here().end == self.tokens.get(self.at + 1).map_or(0, |token| token.at.start);
        if shift {
            return signs.contains(&">>").then_some((">>", 2));
        }
        signs.iter().find(|sign| self.is(sign)).map(|sign| (*sign, 1))
    }

    fn binary(&mut self, level: usize) -> Parsed<Expr> {
        if level == PRECEDENCE.len() {
            return self.unary();
        }
        let start = self.here().start;
        let mut left = self.binary(level + 1)?;
        let mut length = 0;
        while let Some((sign, width)) = self.operator(level) {
            length += 1;
            if length > LONGEST {
                return self.fail("An expression is too long or complex to compile");
            }
            self.at += width;
            let kind = match sign {
                "is" => ExprKind::Is(Box::new(left), self.pattern()?),
                "as" => ExprKind::As(Box::new(left), self.tested_type()?),
                _ => ExprKind::Binary(sign, Box::new(left), Box::new(self.binary(level + 1)?)),
            };
            left = Expr { kind, at: self.since(start) };
        }
        Ok(left)
    }

    pub(super) fn pattern(&mut self) -> Parsed<Pattern> {
        if self.is("null") || self.is("true") || self.is("false") || !matches!(self.kind(), Kind::Word(_)) {
            return Ok(Pattern::Constant(Box::new(self.binary(7)?)));
        }
        if self.is("var") && self.is_identifier(1) {
            self.at += 1;
            return Ok(Pattern::Var(self.identifier()?));
        }
        let ty = self.tested_type()?;
        if self.is_identifier(0) && !self.is("when") {
            return Ok(Pattern::Declaration(ty, self.identifier()?));
        }
        Ok(Pattern::Type(ty))
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.here().start;
        for sign in ["!", "-", "+", "~", "++", "--"] {
            if self.eat(sign) {
                let operand = self.deeper(Self::unary)?;
                return Ok(Expr { kind: ExprKind::Unary(sign, Box::new(operand)), at: self.since(start) });
            }
        }
        if self.is("await") && self.is_identifier(1) {
            return self.fail("The 'await' operator can only be used within an async method.");
        }
        if self.is("(")
            && let Some(ty) = self.attempt(Self::cast)
        {
            let operand = self.deeper(Self::unary)?;
            return Ok(Expr { kind: ExprKind::Cast(ty, Box::new(operand)), at: self.since(start) });
        }
        super::primary::postfix(self)
    }

    fn cast(&mut self) -> Parsed<TypeSyntax> {
        self.expect("(")?;
        let ty = self.ty()?;
        self.expect(")")?;
        let certain = match &ty.kind {
            TypeKind::Named(name, _) => PREDEFINED.contains(&name.as_str()),
            TypeKind::Array(_) | TypeKind::Nullable(_) => true,
            TypeKind::Tuple(_) => false,
        };
        let follows = match self.kind() {
            Kind::Word(word) => word != "is" && word != "as",
            Kind::Verbatim(_) | Kind::Literal(_) | Kind::Interpolated(_) => true,
            Kind::Sign(sign) => {
                matches!(*sign, "(" | "!" | "~") || (certain && matches!(*sign, "-" | "+" | "++" | "--"))
            }
            Kind::End => false,
        };
        if follows { Ok(ty) } else { self.fail("") }
    }

    pub(super) fn generic_name(&mut self) -> Parsed<(String, Vec<TypeSyntax>)> {
        let name = self.identifier()?;
        Ok((name, self.method_type_arguments()))
    }

    pub(super) fn arguments(&mut self, close: &str) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !self.is(close) {
            let name = if self.is_identifier(0) && self.ahead_is(1, ":") {
                let name = self.identifier()?;
                self.at += 1;
                Some(name)
            } else {
                None
            };
            let (mode, value) = self.argument_value()?;
            arguments.push(Argument { name, mode, value });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(close)?;
        Ok(arguments)
    }

    fn argument_value(&mut self) -> Parsed<(Mode, Expr)> {
        let at = self.here();
        if self.eat("ref") {
            return Ok((Mode::Ref, self.expression()?));
        }
        if !self.eat("out") {
            return Ok((Mode::Value, self.expression()?));
        }
        let declared = self.attempt(|p| {
            let ty = if p.is("var") {
                p.at += 1;
                None
            } else {
                Some(p.ty()?)
            };
            Ok((ty, p.identifier()?))
        });
        match declared {
            Some((ty, name)) => {
                let value = Expr { kind: ExprKind::Name(name.clone(), Vec::new()), at };
                Ok((Mode::Declare(ty, name), value))
            }
            None => Ok((Mode::Out, self.expression()?)),
        }
    }
}

fn note(tokens: &[Token], names: &mut HashSet<String>) {
    for token in tokens {
        match &token.kind {
            Kind::Word(name) | Kind::Verbatim(name) => {
                names.insert(name.clone());
            }
            Kind::Interpolated(pieces) => {
                for piece in pieces {
                    if let Piece::Hole { value, .. } = piece {
                        note(value, names);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The text of a constant as a string value.
pub fn literal(text: &str) -> Value {
    Value::String(Str::literal(text))
}
