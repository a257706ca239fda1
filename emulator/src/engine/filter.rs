//! `$filter`: the part of the Open Data Protocol that clients of ARM use.
//!
//! `a eq 'x'`, `ne`, `ge`, `gt`, `le`, `lt`, `datetime'…'`, `startswith(a,'x')`, `contains(a,'x')`, `and`, `or`, `not` before a function, parentheses.
//! Names are those of the answer, with or without `properties/` in front.

use std::cmp::Ordering;

use arm::ErrorResponse;
use serde_json::Value;
use sim::Timestamp;

/// The deepest nesting of parentheses.
const MAX_DEPTH: usize = 20;

/// A condition on an item of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All hold.
    And(Vec<Filter>),
    /// One holds.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A property compares to a value.
    Test(Comparison, String, String),
}

/// How a property compares to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// They are equal.
    Eq,
    /// They are not equal.
    Ne,
    /// The property is the value or more.
    Ge,
    /// The property is more than the value.
    Gt,
    /// The property is the value or less.
    Le,
    /// The property is less than the value.
    Lt,
    /// The property begins with the value.
    StartsWith,
    /// The property ends with the value.
    EndsWith,
    /// The property contains the value.
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
}

impl Filter {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, ErrorResponse> {
        let invalid = || {
            let message = format!("The filter '{text}' in the query string is invalid or not supported.");
            ErrorResponse::new(400, "InvalidFilterInQueryString", message)
        };
        let tokens = tokens(text).ok_or_else(invalid)?;
        let mut parser = Parser { tokens: &tokens, at: 0 };
        let filter = parser.either(0).ok_or_else(invalid)?;
        if parser.at == tokens.len() { Ok(filter) } else { Err(invalid()) }
    }

    /// The item fulfils the condition.
    pub fn accepts(&self, item: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.accepts(item)),
            Self::Or(any) => any.iter().any(|filter| filter.accepts(item)),
            Self::Not(filter) => !filter.accepts(item),
            Self::Test(test, name, wanted) => {
                let found = lookup(item, name).to_lowercase();
                let wanted = wanted.to_lowercase();
                match test {
                    Comparison::Eq => found == wanted,
                    Comparison::Ne => found != wanted,
                    Comparison::Ge => order(&found, &wanted).is_some_and(Ordering::is_ge),
                    Comparison::Gt => order(&found, &wanted).is_some_and(Ordering::is_gt),
                    Comparison::Le => order(&found, &wanted).is_some_and(Ordering::is_le),
                    Comparison::Lt => order(&found, &wanted).is_some_and(Ordering::is_lt),
                    Comparison::StartsWith => found.starts_with(&wanted),
                    Comparison::EndsWith => found.ends_with(&wanted),
                    Comparison::Contains => found.contains(&wanted),
                }
            }
        }
    }
}

/// Numbers and times by their size, all else by letters; nothing has no place among them.
fn order(one: &str, other: &str) -> Option<Ordering> {
    if one.is_empty() {
        return None;
    }
    let number = |text: &str| text.parse::<f64>().ok();
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        return one.partial_cmp(&other);
    }
    // A time without a zone is UTC's.
    let time = |text: &str| {
        let text = text.to_uppercase();
        Timestamp::parse(&text).or_else(|| Timestamp::parse(&format!("{text}Z")))
    };
    match (time(one), time(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => Some(one.cmp(other)),
    }
}

fn lookup(item: &Value, name: &str) -> String {
    let path: Vec<&str> = name.split('/').collect();
    let at = |root: &Value| path.iter().try_fold(root.clone(), |value, part| value.get(part).cloned());
    let found = at(item).or_else(|| at(item.get("properties")?));
    match found {
        Some(Value::String(text)) => text,
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Parser<'_> {
    fn either(&mut self, depth: usize) -> Option<Filter> {
        let mut any = vec![self.all(depth)?];
        while self.word("or") {
            any.push(self.all(depth)?);
        }
        if any.len() == 1 { any.pop() } else { Some(Filter::Or(any)) }
    }

    fn all(&mut self, depth: usize) -> Option<Filter> {
        let mut all = vec![self.one(depth)?];
        while self.word("and") {
            all.push(self.one(depth)?);
        }
        if all.len() == 1 { all.pop() } else { Some(Filter::And(all)) }
    }

    fn one(&mut self, depth: usize) -> Option<Filter> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.word("not") {
            return Some(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        match self.next()? {
            Token::Open => {
                let inner = self.either(depth + 1)?;
                (self.next()? == Token::Close).then_some(inner)
            }
            Token::Word(name) if self.tokens.get(self.at) == Some(&Token::Open) => self.function(&name),
            Token::Word(name) => {
                let Token::Word(word) = self.next()? else { return None };
                let test = match word.to_ascii_lowercase().as_str() {
                    "eq" => Comparison::Eq,
                    "ne" => Comparison::Ne,
                    "ge" => Comparison::Ge,
                    "gt" => Comparison::Gt,
                    "le" => Comparison::Le,
                    "lt" => Comparison::Lt,
                    _ => return None,
                };
                Some(Filter::Test(test, name, self.value()?))
            }
            _ => None,
        }
    }

    fn function(&mut self, name: &str) -> Option<Filter> {
        let test = match name.to_ascii_lowercase().as_str() {
            "startswith" => Comparison::StartsWith,
            "endswith" => Comparison::EndsWith,
            "contains" => Comparison::Contains,
            _ => return None,
        };
        self.next()?;
        let Token::Word(property) = self.next()? else { return None };
        (self.next()? == Token::Comma).then_some(())?;
        let value = self.value()?;
        (self.next()? == Token::Close).then_some(Filter::Test(test, property, value))
    }

    fn value(&mut self) -> Option<String> {
        match self.next()? {
            Token::Word(word) if word.eq_ignore_ascii_case("datetime") => match self.next()? {
                Token::Text(text) => Some(text),
                _ => None,
            },
            Token::Word(text) | Token::Text(text) => Some(text),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.at), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next()? {
                        // Two quotes stand for one.
                        '\'' if rest.peek() == Some(&'\'') => quoted.extend(rest.next()),
                        '\'' => break,
                        c => quoted.push(c),
                    }
                }
                tokens.push(Token::Text(quoted));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| !c.is_whitespace() && !"(),'".contains(*c)) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_that_clients_send() {
        let item = json!({"name": "n", "type": "T/x", "properties":
            {"roleName": "Con'tributor", "isCurrent": true, "size": 10, "made": "2026-01-02T03:04:05Z"}});
        for (filter, expected) in [
            ("roleName eq 'Con''tributor'", true),
            ("properties/roleName eq 'x'", false),
            ("resourceType eq 'T/x' or type eq 't/X'", true),
            ("isCurrent eq true and name ne 'n'", false),
            ("startswith(roleName,'con')", true),
            ("not contains(roleName, 'zz')", true),
            ("size gt 9 and size ge 10 and size le 10 and not contains(name, 'x')", true),
            ("size lt 10 or size gt '10'", false),
            ("made ge datetime'2026-01-02T00:00:00Z' and made lt 2026-01-02T04:04:06+01:00", true),
            ("made ge 2026-01-02T03:04:04.5 and made lt '2026-01-02T03:04:05.5+00:00'", true),
            ("name gt 'm' and absent le 'z'", false),
            ("(name eq 'a' or name eq 'n') and endswith(type,'/x')", true),
        ] {
            let parsed = Filter::parse(filter).expect(filter);
            assert_eq!(parsed.accepts(&item), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for filter in [
            "",
            "name",
            "name eq",
            "name eq 'a",
            "substringof(a,'b')",
            "name over 3",
            "a ge datetime",
            "a eq 'b' c",
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
        assert!(Filter::parse(&"(".repeat(10_000)).is_err());
    }
}
