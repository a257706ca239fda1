//! From tokens to the syntax tree: initializers and interpolated strings.

use super::ast::{Expr, ExprKind, Initializer, Part, Target};
use super::lexer::{Kind, Piece, Token};
use super::parser::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn initializer(&mut self) -> Parsed<Initializer> {
        self.expect("{")?;
        let members = self.is("[") || (self.is_identifier(0) && self.ahead_is(1, "="));
        let (mut targets, mut items) = (Vec::new(), Vec::new());
        while !self.is("}") {
            if members {
                targets.push(self.member_initializer()?);
            } else if self.eat("{") {
                items.push(self.items()?);
            } else {
                items.push(vec![self.expression()?]);
            }
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(if members { Initializer::Members(targets) } else { Initializer::Items(items) })
    }

    fn member_initializer(&mut self) -> Parsed<(Target, Expr)> {
        let at = self.here();
        let target = if self.eat("[") {
            Target::Index(self.arguments("]")?, at)
        } else {
            Target::Member(self.identifier()?, at)
        };
        self.expect("=")?;
        let start = self.here().start;
        let value = if self.is("{") {
            let nested = self.deeper(Self::initializer)?;
            Expr { kind: ExprKind::Nested(Box::new(nested)), at: self.since(start) }
        } else {
            self.expression()?
        };
        Ok((target, value))
    }

    /// Expressions up to `}`.
    pub(super) fn items(&mut self) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.is("}") {
            items.push(self.expression()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(items)
    }

    pub(super) fn interpolated(&mut self, pieces: Vec<Piece>) -> Parsed<Vec<Part>> {
        pieces.into_iter().map(|piece| self.piece(piece)).collect()
    }

    fn piece(&mut self, piece: Piece) -> Parsed<Part> {
        match piece {
            Piece::Text(text) => Ok(Part::Text(text)),
            Piece::Hole { value, alignment, format } => {
                let value = Box::new(self.inner(value)?);
                let alignment = alignment.map(|tokens| self.inner(tokens)).transpose()?.map(Box::new);
                Ok(Part::Hole { value, alignment, format })
            }
        }
    }

    /// Parses an expression that has its own tokens: a hole of an interpolated string.
    fn inner(&mut self, tokens: Vec<Token>) -> Parsed<Expr> {
        let outer = (std::mem::replace(&mut self.tokens, tokens), std::mem::take(&mut self.at));
        let parsed = self.expression().and_then(|value| match self.kind() {
            Kind::End => Ok(value),
            _ => self.fail_after("} expected"),
        });
        (self.tokens, self.at) = outer;
        parsed
    }
}
