//! `$filter`: conditions on the properties of objects, in the language of `OData`.
//! <https://learn.microsoft.com/graph/filter-query-parameter>
//!
//! Understood are `eq`, `ne`, `in`, `startswith`, `endswith`, `any`, `and`, `or`, `not` and parentheses; texts are
//! compared without case, as the directory does.
//!
//! **Differs from Azure:** `ne`, `not` and `endswith` need no `ConsistencyLevel` header, and every property can be
//! filtered by.

use serde_json::{Map, Value};

use super::entity::Definition;
use super::error::GraphError;

/// How long a condition can be, in bytes.
const LENGTH_LIMIT: usize = 4096;

/// How deep conditions can be nested.
const DEPTH_LIMIT: usize = 32;

/// A condition.
#[derive(Debug, PartialEq)]
pub(super) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    /// The property is one of the values.
    In(Path, Vec<Value>),
    StartsWith(Path, String),
    EndsWith(Path, String),
    /// At least one element of the property meets the condition.
    Any(Path, String, Box<Filter>),
}

/// A property, or a part of one.
type Path = Vec<String>;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

struct Parser<'a> {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    properties: &'a Map<String, Value>,
    /// The names that stand for elements of the `any`s around.
    variables: Vec<String>,
}

impl Filter {
    pub(super) fn read(text: &str, entity: &Definition) -> Result<Self, GraphError> {
        if text.len() > LENGTH_LIMIT {
            return Err(GraphError::unsupported_query("The condition is too long."));
        }
        let mut properties = match (entity.defaults)() {
            Value::Object(properties) => properties,
            _ => Map::new(),
        };
        for name in ["id", "appId"] {
            properties.insert(name.to_owned(), Value::Null);
        }
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens, next: 0, depth: 0, properties: &properties, variables: Vec::new() };
        let filter = parser.or()?;
        if parser.next < parser.tokens.len() { Err(parser.unexpected()) } else { Ok(filter) }
    }

    /// Whether an object meets the condition.
    pub(super) fn matches(&self, object: &Map<String, Value>) -> bool {
        self.holds(&|path| object.get(path.first()?).and_then(|value| part(value, path.get(1..)?)))
    }

    fn holds<'v>(&self, get: &dyn Fn(&[String]) -> Option<&'v Value>) -> bool {
        let text = |path: &Path| get(path).and_then(Value::as_str).map(str::to_lowercase);
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(get)),
            Self::And(parts) => parts.iter().all(|part| part.holds(get)),
            Self::Not(part) => !part.holds(get),
            Self::In(path, values) => {
                let value = get(path).unwrap_or(&Value::Null);
                values.iter().any(|other| equal(value, other))
            }
            Self::StartsWith(path, start) => text(path).is_some_and(|text| text.starts_with(start)),
            Self::EndsWith(path, end) => text(path).is_some_and(|text| text.ends_with(end)),
            Self::Any(path, variable, condition) => {
                let elements = get(path).and_then(Value::as_array);
                elements.is_some_and(|elements| {
                    elements.iter().any(|element| {
                        condition.holds(&|path: &[String]| match path.split_first() {
                            Some((first, rest)) if first == variable => part(element, rest),
                            _ => get(path),
                        })
                    })
                })
            }
        }
    }
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Filter, GraphError> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(GraphError::unsupported_query("The condition is nested too deeply."));
        }
        let mut parts = vec![self.and()?];
        while self.accept_word("or") {
            parts.push(self.and()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Filter::Or(parts) })
    }

    fn and(&mut self) -> Result<Filter, GraphError> {
        let mut parts = vec![self.not()?];
        while self.accept_word("and") {
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Filter::And(parts) })
    }

    fn not(&mut self) -> Result<Filter, GraphError> {
        let negated = self.accept_word("not");
        let condition = if self.accept('(') {
            let inner = self.or()?;
            self.expect(')')?;
            inner
        } else {
            self.condition()?
        };
        Ok(if negated { Filter::Not(Box::new(condition)) } else { condition })
    }

    fn condition(&mut self) -> Result<Filter, GraphError> {
        let word = self.word()?;
        if self.accept('(') {
            return self.function(&word);
        }
        let path = self.path(&word)?;
        match self.word()?.to_ascii_lowercase().as_str() {
            "eq" => Ok(Filter::In(path, vec![self.value()?])),
            "ne" => Ok(Filter::Not(Box::new(Filter::In(path, vec![self.value()?])))),
            "in" => {
                self.expect('(')?;
                let mut values = vec![self.value()?];
                while self.accept(',') {
                    values.push(self.value()?);
                }
                self.expect(')')?;
                Ok(Filter::In(path, values))
            }
            operator => {
                Err(GraphError::unsupported_query(&format!("The operator '{operator}' is not supported.")))
            }
        }
    }

    /// A function whose name and parenthesis have been read.
    fn function(&mut self, name: &str) -> Result<Filter, GraphError> {
        let lower = name.to_ascii_lowercase();
        if let Some(length) = lower.strip_suffix("/any").map(str::len) {
            let path = self.path(name.get(..length).unwrap_or_default())?;
            let variable = self.word()?;
            self.expect(':')?;
            self.variables.push(variable.clone());
            let condition = self.or()?;
            self.variables.pop();
            self.expect(')')?;
            return Ok(Filter::Any(path, variable, Box::new(condition)));
        }
        if !matches!(lower.as_str(), "startswith" | "endswith") {
            return Err(GraphError::unsupported_query(&format!("The function '{name}' is not supported.")));
        }
        let word = self.word()?;
        let path = self.path(&word)?;
        self.expect(',')?;
        let text = match self.take() {
            Some(Token::Text(text)) => text.to_lowercase(),
            _ => return Err(self.unexpected()),
        };
        self.expect(')')?;
        Ok(if lower == "startswith" { Filter::StartsWith(path, text) } else { Filter::EndsWith(path, text) })
    }

    /// A property that there is, as the object spells it.
    fn path(&self, word: &str) -> Result<Path, GraphError> {
        let mut path: Path = word.split('/').map(str::to_owned).collect();
        let Some(first) = path.first_mut() else { return Err(self.unexpected()) };
        if self.variables.contains(first) {
            return Ok(path);
        }
        let known = self.properties.keys().find(|name| name.eq_ignore_ascii_case(first));
        let known = known.ok_or_else(|| {
            GraphError::invalid_filter(&format!("Could not find a property named '{first}'."))
        })?;
        first.clone_from(known);
        Ok(path)
    }

    fn value(&mut self) -> Result<Value, GraphError> {
        match self.take() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => Ok(match word.to_ascii_lowercase().as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                // Numbers; identifiers may be written without quotes.
                _ => word.parse::<i64>().map_or(Value::String(word), Value::from),
            }),
            _ => Err(self.unexpected()),
        }
    }

    fn word(&mut self) -> Result<String, GraphError> {
        match self.take() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err(self.unexpected()),
        }
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn accept(&mut self, sign: char) -> bool {
        let found = self.tokens.get(self.next) == Some(&Token::Sign(sign));
        self.next += usize::from(found);
        found
    }

    fn accept_word(&mut self, expected: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some(Token::Word(word)) if word.eq_ignore_ascii_case(expected));
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), GraphError> {
        if self.accept(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> GraphError {
        GraphError::invalid_filter(&format!("Syntax error near term {}.", self.next))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, GraphError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
        } else if first == '\'' {
            let (literal, after) = quoted(rest)?;
            tokens.push(Token::Text(literal));
            rest = after;
        } else if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            tokens.push(Token::Word(word.to_owned()));
            rest = after;
        } else {
            tokens.push(Token::Sign(first));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(tokens)
}

/// A text in single quotes, in which two of them stand for one; and what follows it.
fn quoted(text: &str) -> Result<(String, &str), GraphError> {
    let mut literal = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            literal.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            literal.push('\'');
        } else {
            return Ok((literal, text.get(at + 1..).unwrap_or_default()));
        }
    }
    Err(GraphError::invalid_filter("There is an unterminated string literal."))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '@')
}

fn part<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.to_lowercase() == other.to_lowercase(),
        _ => one == other,
    }
}
