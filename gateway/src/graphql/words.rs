//! The words of GraphQL.

use std::ops::Range;

/// A word, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'t> {
    /// The text: a name, a sign, or a value.
    pub text: &'t str,
    /// Its place.
    pub span: Range<usize>,
}

/// Words, one after the other.
#[derive(Debug)]
pub struct Words<'t> {
    words: Vec<Word<'t>>,
    at: usize,
}

impl<'t> Words<'t> {
    /// Takes a text apart; commas and comments do not count.
    pub fn new(text: &'t str) -> Result<Self, String> {
        let mut words = Vec::new();
        let mut at = 0;
        while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = text.get(at..).unwrap_or_default();
            let length = match first {
                '#' => rest.find('\n').unwrap_or(rest.len()),
                ',' | '\u{feff}' => first.len_utf8(),
                _ if first.is_whitespace() => first.len_utf8(),
                '"' => string(rest).ok_or_else(|| format!("Unterminated string at {at}."))?,
                '.' if rest.starts_with("...") => 3,
                '{' | '}' | '(' | ')' | '[' | ']' | ':' | '=' | '!' | '$' | '@' | '&' | '|' => 1,
                _ => {
                    let ends = |found: char| {
                        !found.is_ascii_alphanumeric() && !matches!(found, '_' | '-' | '+' | '.')
                    };
                    rest.find(ends).unwrap_or(rest.len())
                }
            };
            if length == 0 {
                return Err(format!("Unexpected character '{first}' at {at}."));
            }
            let counts = !matches!(first, '#' | ',' | '\u{feff}') && !first.is_whitespace();
            if let (true, Some(word)) = (counts, text.get(at..at + length)) {
                words.push(Word { text: word, span: at..at + length });
            }
            at += length;
        }
        Ok(Self { words, at: 0 })
    }

    /// The next word, which stays.
    pub fn peek(&self) -> Option<&'t str> {
        self.words.get(self.at).map(|word| word.text)
    }

    /// Where the next word begins.
    pub fn start(&self) -> usize {
        self.words.get(self.at).map_or(usize::MAX, |word| word.span.start)
    }

    /// The next word.
    pub fn next(&mut self) -> Option<&'t str> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    /// Takes the next word if it is this.
    pub fn take(&mut self, text: &str) -> bool {
        let found = self.peek() == Some(text);
        self.at += usize::from(found);
        found
    }

    /// Takes the next word, which must be this.
    pub fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) { Ok(()) } else { Err(self.unexpected(text)) }
    }

    /// Takes a name.
    pub fn name(&mut self) -> Result<&'t str, String> {
        let is_name =
            |text: &str| text.starts_with(|found: char| found.is_ascii_alphabetic() || found == '_');
        let name = self.peek().filter(|text| is_name(text)).ok_or_else(|| self.unexpected("a name"))?;
        self.at += 1;
        Ok(name)
    }

    /// Passes over brackets and what is in them.
    pub fn skip(&mut self, open: &str, close: &str) -> Result<(), String> {
        self.expect(open)?;
        let mut depth = 1_usize;
        while depth > 0 {
            let word = self.next().ok_or_else(|| format!("Expected {close}, found the end."))?;
            if word == open {
                depth += 1;
            } else if word == close {
                depth -= 1;
            }
        }
        Ok(())
    }

    /// Passes over directives.
    pub fn directives(&mut self) -> Result<(), String> {
        while self.take("@") {
            self.name()?;
            if self.peek() == Some("(") {
                self.skip("(", ")")?;
            }
        }
        Ok(())
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.words.get(self.at) {
            Some(word) => format!("Expected {expected}, found '{}' at {}.", word.text, word.span.start),
            None => format!("Expected {expected}, found the end."),
        }
    }
}

/// The length of a text in quotes.
fn string(rest: &str) -> Option<usize> {
    if let Some(block) = rest.strip_prefix("\"\"\"") {
        return block.find("\"\"\"").map(|end| end + 6);
    }
    let mut escaped = false;
    for (at, found) in rest.char_indices().skip(1) {
        match found {
            '\n' => return None,
            '"' if !escaped => return Some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}
