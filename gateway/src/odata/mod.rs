//! `OData` version 4: the syntax of the query options of the system, and of keys in paths.
//! <https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html>
//!
//! **Differs from Azure:** names and types are not compared with the metadata of the API. `$apply` and `$compute` are not
//! taken apart further than their parentheses.

mod expression;
mod literal;
mod options;
mod search;

#[cfg(test)]
mod tests;

pub use options::{key, query};

/// How deep expressions may be in one another.
const DEPTH: usize = 50;

/// A text on the way through.
#[derive(Debug, Clone)]
struct Text<'a> {
    whole: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Text<'a> {
    fn new(whole: &'a str) -> Self {
        Self { whole, at: 0, depth: 0 }
    }

    fn rest(&self) -> &'a str {
        self.whole.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let taken = self.rest().get(..bytes).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    fn space(&mut self) {
        self.advance(self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len());
    }

    /// Goes on if this letter is next, after spaces.
    fn eat(&mut self, letter: char) -> bool {
        self.space();
        let there = self.peek() == Some(letter);
        if there {
            self.advance(letter.len_utf8());
        }
        there
    }

    fn expect(&mut self, letter: char) -> Result<(), String> {
        if self.eat(letter) { Ok(()) } else { Err(self.wrong(&format!("'{letter}' is expected"))) }
    }

    /// The next word, if there is one; it is not taken.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '$')));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Goes on if this word is next, after spaces.
    fn keyword(&mut self, word: &str) -> bool {
        self.space();
        let there = self.word() == word;
        if there {
            self.advance(word.len());
        }
        there
    }

    fn end(&mut self) -> Result<(), String> {
        self.space();
        if self.rest().is_empty() { Ok(()) } else { Err(self.wrong("the end is expected")) }
    }

    fn wrong(&self, why: &str) -> String {
        format!("Syntax error at position {} in '{}': {why}.", self.at, self.whole)
    }

    /// Something in parentheses or after an operator that stands before it.
    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth >= DEPTH {
            return Err(self.wrong(&format!("it is more than {DEPTH} deep")));
        }
        self.depth += 1;
        let found = inside(self);
        self.depth -= 1;
        found
    }
}
