//! Reads JSON as Newtonsoft does: with comments, single quotes, unquoted names and trailing commas; strings that
//! look like ISO 8601 dates become dates.

use indexmap::IndexMap;

use super::{Data, Token};
use crate::failure::{Outcome, Throw, exception};
use crate::text::Text;
use crate::value::Value;

const DEEPEST: usize = 64;

/// The token that `text` holds, whatever it is.
pub fn parse(text: &str, dates: bool) -> Outcome<Token> {
    parse_as(text, dates, "JToken")
}

/// The token that `text` holds, for a reader of `what`; nothing else may follow it.
pub fn parse_as(text: &str, dates: bool, what: &str) -> Outcome<Token> {
    let mut reader = Reader { text, at: 0, dates, what };
    let token = reader.value("", 0)?;
    reader.blanks();
    if reader.peek().is_some() {
        let message = "Additional text encountered after finished reading JSON content";
        return Err(reader.wrong(&format!("{message}: {}", reader.peek().unwrap_or_default()), ""));
    }
    Ok(token)
}

struct Reader<'t> {
    text: &'t str,
    what: &'t str,
    at: usize,
    dates: bool,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
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
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn wrong(&self, message: &str, path: &str) -> Throw {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = usize::from(!before.is_empty()) + before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let text = format!("{message}. Path '{path}', line {line}, position {column}.");
        exception("Newtonsoft.Json.JsonReaderException", text)
    }

    fn unexpected(&self, path: &str) -> Throw {
        match self.peek() {
            Some(c) => {
                self.wrong(&format!("Unexpected character encountered while parsing value: {c}"), path)
            }
            None if self.text.trim().is_empty() => exception(
                "Newtonsoft.Json.JsonReaderException",
                format!("Error reading {} from JsonReader. Path '', line 0, position 0.", self.what),
            ),
            None => self.wrong("Unexpected end of content while loading JToken", path),
        }
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']).len();
            if self.eat("//") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if self.eat("/*") {
                self.at += self.rest().find("*/").map_or(self.rest().len(), |at| at + 2);
            } else {
                return;
            }
        }
    }

    fn value(&mut self, path: &str, depth: usize) -> Outcome<Token> {
        if depth > DEEPEST {
            return Err(self.wrong(&format!("The reader's MaxDepth of {DEEPEST} has been exceeded"), path));
        }
        self.blanks();
        match self.peek() {
            Some('{') => self.object(path, depth),
            Some('[') => self.items(path, depth),
            Some(quote @ ('"' | '\'')) => {
                let text = self.string(quote, path)?;
                let date = if self.dates { crate::types::parse_iso(&text) } else { None };
                Ok(Token::new(Data::Value(date.unwrap_or(text))))
            }
            Some('-' | '+' | '.' | '0'..='9') => self.number(path),
            _ => {
                for (word, value) in [
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("null", Value::Null),
                    ("undefined", Value::Null),
                    ("NaN", Value::Double(f64::NAN)),
                    ("Infinity", Value::Double(f64::INFINITY)),
                ] {
                    if self.eat(word) {
                        return Ok(Token::new(Data::Value(value)));
                    }
                }
                match self.peek() {
                    Some('t' | 'f') => Err(self.wrong("Error parsing boolean value", path)),
                    _ => Err(self.unexpected(path)),
                }
            }
        }
    }

    fn object(&mut self, path: &str, depth: usize) -> Outcome<Token> {
        self.bump();
        let object = Token::new(Data::Object(IndexMap::new()));
        let mut last = path.to_owned();
        loop {
            self.blanks();
            if self.eat("}") {
                return Ok(object);
            }
            let name = match self.peek() {
                Some(quote @ ('"' | '\'')) => match self.string(quote, path)? {
                    Value::String(text) => text.text().into_owned(),
                    _ => String::new(),
                },
                Some(c) if c.is_alphabetic() || c == '_' || c == '$' => self.word(),
                Some(c) => {
                    let message = format!("Invalid property identifier character: {c}");
                    return Err(self.wrong(&message, &last));
                }
                None => return Err(self.wrong("Unexpected end when reading JSON", &last)),
            };
            self.blanks();
            let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if !self.eat(":") {
                let message = format!(
                    "Invalid character after parsing property name. Expected ':' but got: {}",
                    self.peek().unwrap_or_default()
                );
                return Err(self.wrong(&message, &last));
            }
            let value = self.value(&inner, depth + 1)?;
            object.set(&name, value);
            self.blanks();
            if !self.eat(",") && self.peek() != Some('}') {
                return Err(self.after(&inner));
            }
            last = inner;
        }
    }

    fn after(&self, path: &str) -> Throw {
        match self.peek() {
            Some(c) => self
                .wrong(&format!("After parsing a value an unexpected character was encountered: {c}"), path),
            None => self.wrong("Unexpected end of content while loading JObject", path),
        }
    }

    fn items(&mut self, path: &str, depth: usize) -> Outcome<Token> {
        self.bump();
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.eat("]") {
                return Ok(Token::array(items));
            }
            let inner = format!("{path}[{}]", items.len());
            items.push(self.value(&inner, depth + 1)?);
            self.blanks();
            if !self.eat(",") && self.peek() != Some(']') {
                return Err(self.after(&inner));
            }
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default().to_owned();
        self.at += end;
        word
    }

    fn string(&mut self, quote: char, path: &str) -> Outcome {
        self.bump();
        let mut text = Text::default();
        loop {
            match self.bump() {
                Some(c) if c == quote => return Ok(Value::String(text.finish())),
                Some('\\') => match self.bump() {
                    Some('n') => text.push_text("\n"),
                    Some('r') => text.push_text("\r"),
                    Some('t') => text.push_text("\t"),
                    Some('b') => text.push_text("\u{8}"),
                    Some('f') => text.push_text("\u{c}"),
                    Some('u') => {
                        let unit = self.rest().get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
                        let Some(unit) = unit else {
                            return Err(self.wrong("Invalid Unicode escape sequence", path));
                        };
                        self.at += 4;
                        text.push_unit(unit);
                    }
                    Some(c @ ('"' | '\'' | '\\' | '/')) => text.push_text(c.encode_utf8(&mut [0; 4])),
                    other => {
                        let message = format!("Bad JSON escape sequence: \\{}", other.unwrap_or_default());
                        return Err(self.wrong(&message, path));
                    }
                },
                Some(c) => text.push_text(c.encode_utf8(&mut [0; 4])),
                None => {
                    let message = format!("Unterminated string. Expected delimiter: {quote}");
                    return Err(self.wrong(&message, path));
                }
            }
        }
    }

    fn number(&mut self, path: &str) -> Outcome<Token> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '+'))
            .unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        let value = if text == "-Infinity" {
            Some(Value::Double(f64::NEG_INFINITY))
        } else if text.contains(['.', 'e', 'E']) {
            text.parse().ok().map(Value::Double)
        } else {
            text.parse()
                .map(Value::Long)
                .ok()
                .or_else(|| text.parse().ok().map(Value::ULong))
                .or_else(|| text.parse().ok().map(Value::Decimal))
        };
        let Some(value) = value else {
            let message = format!("Input string '{text}' is not a valid number");
            return Err(self.wrong(&message, path));
        };
        self.at += end;
        Ok(Token::new(Data::Value(value)))
    }
}
