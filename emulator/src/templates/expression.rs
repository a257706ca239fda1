//! Template expressions: <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions>.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::invalid;

/// How deep expressions may nest.
const DEPTH: usize = 64;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A text or a number.
    Literal(Value),
    /// A function with its arguments.
    Call(String, Vec<Expression>),
    /// A property or an element.
    Index(Box<Expression>, Box<Expression>),
}

/// The expression in a template's string; `None` if it is plain text.
pub fn in_brackets(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    (!inner.starts_with('[')).then_some(inner)
}

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expression, ErrorResponse> {
    let mut parser = Parser { text, rest: text, depth: 0 };
    let expression = parser.expression()?;
    if parser.peek().is_some() {
        return Err(parser.unexpected());
    }
    Ok(expression)
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn expression(&mut self) -> Result<Expression, ErrorResponse> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(invalid(format!("The language expression '{}' nests too deeply", self.text)));
        }
        let mut expression = self.primary()?;
        loop {
            if self.eat('.') {
                let name = self.name()?;
                expression = index(expression, Expression::Literal(json!(name)));
            } else if self.eat('[') {
                let at = self.expression()?;
                self.expect(']')?;
                expression = index(expression, at);
            } else {
                self.depth -= 1;
                return Ok(expression);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, ErrorResponse> {
        match self.peek() {
            Some('\'') => self.string(),
            Some(c) if c.is_ascii_digit() || c == '-' => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let mut name = self.name()?.to_owned();
                while self.eat('.') {
                    name = format!("{name}.{}", self.name()?);
                }
                self.expect('(')?;
                self.arguments().map(|arguments| Expression::Call(name, arguments))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, ErrorResponse> {
        let mut arguments = Vec::new();
        if self.eat(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.eat(')') {
                return Ok(arguments);
            }
            self.expect(',')?;
        }
    }

    fn string(&mut self) -> Result<Expression, ErrorResponse> {
        let mut value = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                value.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '\'') {
                chars.next();
                value.push('\'');
            } else {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(Expression::Literal(json!(value)));
            }
        }
        Err(self.unexpected())
    }

    fn number(&mut self) -> Result<Expression, ErrorResponse> {
        let end = self.rest.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let number: i64 = digits.parse().map_err(|_| self.unexpected())?;
        self.rest = rest;
        Ok(Expression::Literal(json!(number)))
    }

    fn name(&mut self) -> Result<&'t str, ErrorResponse> {
        self.peek();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if name.is_empty() {
            return Err(self.unexpected());
        }
        self.rest = rest;
        Ok(name)
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = self.rest.get(wanted.len_utf8()..).unwrap_or_default();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), ErrorResponse> {
        if self.eat(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> ErrorResponse {
        let at = self.text.len() - self.rest.len();
        invalid(format!("Unable to parse language expression '{}' at position {at}", self.text))
    }
}

fn index(of: Expression, at: Expression) -> Expression {
    Expression::Index(Box::new(of), Box::new(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_text() {
        for (text, expected) in
            [("[a()]", Some("a()")), ("[[a]", None), ("text", None), ("[x", None), ("[]", Some(""))]
        {
            assert_eq!(in_brackets(text), expected, "{text}");
        }
    }

    #[test]
    fn expressions_parse_or_are_refused_with_a_position() {
        for text in ["f()", "f('it''s', -1, g(2))", "f().a.b[0]['c']", " f ( 1 ) ", "a.b()"] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in ["", "f(", "f(,)", "'x", "f()x", "f", "f()[1", &"f(".repeat(100)] {
            let error = parse(text).expect_err(text).error;
            assert_eq!(error.code, "InvalidTemplate", "{text}");
        }
    }
}
