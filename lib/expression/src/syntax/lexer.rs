//! Tokens of C# 7.

use std::collections::VecDeque;

use diagnostic::Diagnostic;

use super::ast::Bytes;
use crate::code;
use crate::text::{Str, Text};
use crate::value::Value;

/// A token and where it stands.
#[derive(Debug, Clone)]
pub struct Token {
    pub kind: Kind,
    pub at: Bytes,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// A name or keyword; a name written with `@` is not a keyword.
    Word(String),
    Verbatim(String),
    Literal(Value),
    Interpolated(Vec<Piece>),
    Sign(&'static str),
    End,
}

/// A part of an interpolated string.
#[derive(Debug, Clone)]
pub enum Piece {
    Text(Str),
    Hole { value: Vec<Token>, alignment: Option<Vec<Token>>, format: Option<String> },
}

const SIGNS: [&str; 48] = [
    "<<=", "??=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "<<", "->", "::", "{", "}", "(", ")", "[", "]", "<", ">", ".", ",", ";", ":",
    "?", "=", "+", "-", "*", "/", "%", "&", "|", "^", "!", "~",
];

const DEEPEST: usize = 16;

/// Splits `source` into tokens; the last one is [`Kind::End`].
pub fn tokens(source: &str) -> Result<Vec<Token>, Diagnostic> {
    let mut lexer = Lexer { source, at: 0, depth: 0, out: VecDeque::new() };
    let mut found = Vec::new();
    while let Some(token) = lexer.next()? {
        found.push(token);
    }
    found.push(Token { kind: Kind::End, at: source.len()..source.len() });
    Ok(found)
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    depth: usize,
    out: VecDeque<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn wrong<T>(&self, start: usize, message: impl Into<String>) -> Result<T, Diagnostic> {
        Err(Diagnostic::new(code::SYNTAX, message).at(self.source, start..self.at.max(start + 1)))
    }

    fn next(&mut self) -> Result<Option<Token>, Diagnostic> {
        if let Some(token) = self.out.pop_front() {
            return Ok(Some(token));
        }
        self.blanks()?;
        let start = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        let kind = if first.is_alphabetic() || first == '_' {
            Kind::Word(self.word())
        } else if first.is_ascii_digit()
            || (first == '.' && self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit))
        {
            Kind::Literal(super::numbers::number(self.source, &mut self.at)?)
        } else if self.eat("$@\"") || self.eat("@$\"") {
            self.interpolated(true, start)?
        } else if self.eat("$\"") {
            self.interpolated(false, start)?
        } else if self.eat("@\"") {
            self.verbatim(start)?
        } else if self.eat("\"") {
            self.string(start)?
        } else if self.eat("'") {
            self.character(start)?
        } else if first == '@' {
            self.bump();
            Kind::Verbatim(self.word())
        } else {
            self.sign(start, first)?
        };
        Ok(Some(Token { kind, at: start..self.at }))
    }

    fn sign(&mut self, start: usize, first: char) -> Result<Kind, Diagnostic> {
        let rest = self.rest();
        // `a?.5:b` is a ternary with a number.
        let number = rest.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
        let fits = |sign: &&&str| rest.starts_with(**sign) && !(number && **sign == "?.");
        if let Some(sign) = SIGNS.iter().find(fits) {
            self.at += sign.len();
            return Ok(Kind::Sign(sign));
        }
        self.bump();
        self.wrong(start, format!("Unexpected character '{first}'"))
    }

    fn blanks(&mut self) -> Result<(), Diagnostic> {
        loop {
            let start = self.at;
            let rest = self.rest();
            let blank =
                rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            self.at += blank;
            if self.eat("//") {
                let line = self.rest().find('\n').unwrap_or(self.rest().len());
                self.at += line;
            } else if self.eat("/*") {
                let Some(end) = self.rest().find("*/") else {
                    return self.wrong(start, "End-of-file found, '*/' expected");
                };
                self.at += end + 2;
            } else if self.eat("#region") || self.eat("#endregion") {
                let line = self.rest().find('\n').unwrap_or(self.rest().len());
                self.at += line;
            } else if blank == 0 {
                return Ok(());
            }
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default().to_owned();
        self.at += length;
        word
    }

    fn string(&mut self, start: usize) -> Result<Kind, Diagnostic> {
        let mut text = Text::default();
        loop {
            match self.bump() {
                Some('"') => return Ok(Kind::Literal(Value::String(text.finish().interned()))),
                Some('\\') => self.escape(&mut text)?,
                None | Some('\n' | '\r') => return self.wrong(start, "Newline in constant"),
                Some(other) => push(&mut text, other),
            }
        }
    }

    fn verbatim(&mut self, start: usize) -> Result<Kind, Diagnostic> {
        let mut text = Text::default();
        loop {
            match self.bump() {
                Some('"') if !self.eat("\"") => {
                    return Ok(Kind::Literal(Value::String(text.finish().interned())));
                }
                None => return self.wrong(start, "Unterminated string literal"),
                Some(other) => push(&mut text, other),
            }
        }
    }

    fn character(&mut self, start: usize) -> Result<Kind, Diagnostic> {
        let mut text = Text::default();
        loop {
            match self.bump() {
                Some('\'') => break,
                Some('\\') => self.escape(&mut text)?,
                None | Some('\n' | '\r') => return self.wrong(start, "Newline in constant"),
                Some(other) => push(&mut text, other),
            }
        }
        let text = text.finish();
        match (text.len(), text.unit(0)) {
            (1, Some(unit)) => Ok(Kind::Literal(Value::Char(unit))),
            (0, _) => self.wrong(start, "Empty character literal"),
            _ => self.wrong(start, "Too many characters in character literal"),
        }
    }

    fn escape(&mut self, text: &mut Text) -> Result<(), Diagnostic> {
        let start = self.at.saturating_sub(1);
        let plain = match self.bump() {
            Some(same @ ('\'' | '"' | '\\')) => same,
            Some('0') => '\0',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some('u') => return self.hex(text, start, 4..=4),
            Some('x') => return self.hex(text, start, 1..=4),
            Some('U') => return self.hex(text, start, 8..=8),
            _ => return self.wrong(start, "Unrecognized escape sequence"),
        };
        push(text, plain);
        Ok(())
    }

    fn hex(
        &mut self,
        text: &mut Text,
        start: usize,
        digits: std::ops::RangeInclusive<usize>,
    ) -> Result<(), Diagnostic> {
        let found = self.rest().bytes().take(*digits.end()).take_while(u8::is_ascii_hexdigit).count();
        let number = u32::from_str_radix(self.rest().get(..found).unwrap_or_default(), 16);
        self.at += found;
        match number {
            Ok(number) if digits.contains(&found) => match u16::try_from(number) {
                Ok(unit) => text.push_unit(unit),
                Err(_) => match char::from_u32(number) {
                    Some(character) => push(text, character),
                    None => return self.wrong(start, "Unrecognized escape sequence"),
                },
            },
            _ => return self.wrong(start, "Unrecognized escape sequence"),
        }
        Ok(())
    }

    fn interpolated(&mut self, verbatim: bool, start: usize) -> Result<Kind, Diagnostic> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.wrong(start, "An expression is too long or complex to compile");
        }
        let mut pieces = Vec::new();
        let mut text = Text::default();
        loop {
            match self.bump() {
                Some('"') if verbatim && self.eat("\"") => push(&mut text, '"'),
                Some('"') => break,
                Some('\\') if !verbatim => self.escape(&mut text)?,
                Some('{') if self.eat("{") => push(&mut text, '{'),
                Some('}') if self.eat("}") => push(&mut text, '}'),
                Some('{') => {
                    pieces.push(Piece::Text(std::mem::take(&mut text).finish().interned()));
                    pieces.push(self.hole(start)?);
                }
                Some('}') => {
                    let at = self.at - 1;
                    return self.wrong(
                        at,
                        "A '}' character must be escaped (by doubling) in an interpolated string.",
                    );
                }
                None => return self.wrong(start, "Unterminated string literal"),
                Some('\n') if !verbatim => return self.wrong(start, "Newline in constant"),
                Some(other) => push(&mut text, other),
            }
        }
        pieces.push(Piece::Text(text.finish().interned()));
        self.depth -= 1;
        Ok(Kind::Interpolated(pieces))
    }

    fn hole(&mut self, start: usize) -> Result<Piece, Diagnostic> {
        let (value, mut closed) = self.until(&["}", ",", ":"], start)?;
        let mut alignment = None;
        if closed == "," {
            let (tokens, by) = self.until(&["}", ":"], start)?;
            alignment = Some(tokens);
            closed = by;
        }
        let mut format = None;
        if closed == ":" {
            let Some(end) = self.rest().find('}') else {
                return self.wrong(start, "Unterminated string literal");
            };
            format = self.rest().get(..end).map(str::to_owned);
            self.at += end + 1;
        }
        Ok(Piece::Hole { value, alignment, format })
    }

    /// The tokens up to one of `ends` that stands outside of all brackets.
    fn until(&mut self, ends: &[&str], start: usize) -> Result<(Vec<Token>, &'static str), Diagnostic> {
        let mut found = Vec::new();
        let mut depth = 0_usize;
        while let Some(token) = self.next()? {
            if let Kind::Sign(sign) = token.kind {
                if depth == 0 && ends.contains(&sign) {
                    found.push(Token { kind: Kind::End, at: token.at });
                    return Ok((found, sign));
                }
                match sign {
                    "(" | "[" | "{" => depth += 1,
                    ")" | "]" | "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            found.push(token);
        }
        self.wrong(start, "Unterminated string literal")
    }
}

fn push(text: &mut Text, character: char) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        text.push_unit(*unit);
    }
}
