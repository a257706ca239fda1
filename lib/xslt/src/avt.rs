//! Attribute value templates: text with expressions in braces.
//! <https://www.w3.org/TR/xslt-10/#attribute-value-templates>

use crate::error::Error;
use crate::run::Run;
use crate::xpath::{Expr, Focus};

/// A text with expressions in it.
#[derive(Debug, Clone, Default)]
pub struct Avt(pub Vec<Part>);

/// A part of it.
#[derive(Debug, Clone)]
pub enum Part {
    Text(String),
    Expression(Expr),
}

/// A part as it is written: text, or the place of an expression.
#[derive(Debug, PartialEq, Eq)]
pub enum Written<'t> {
    Text(&'t str),
    Expression(usize, &'t str),
}

impl Avt {
    /// The text that it comes to.
    pub fn text(&self, run: &Run<'_>, focus: Focus) -> Result<String, Error> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Expression(expression) => text.push_str(&expression.string(run, focus)?),
            }
            run.fits(text.len())?;
        }
        Ok(text)
    }
}

/// The parts of a text, or where a brace has no other.
pub fn parts(text: &str) -> Result<Vec<Written<'_>>, usize> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let brace = rest.find(['{', '}']).unwrap_or(rest.len());
        let (before, behind) = rest.split_at(brace);
        parts.push(Written::Text(before));
        at += brace;
        if behind.starts_with("{{") || behind.starts_with("}}") {
            parts.push(Written::Text(&behind[..1]));
            at += 2;
        } else if let Some(inside) = behind.strip_prefix('{') {
            let length = length(inside).ok_or(at)?;
            parts.push(Written::Expression(at + 1, &inside[..length]));
            at += length + 2;
        } else if !behind.is_empty() {
            return Err(at);
        }
    }
    parts.retain(|part| *part != Written::Text(""));
    Ok(parts)
}

/// Where the brace is that ends an expression; those in its literals do not.
fn length(inside: &str) -> Option<usize> {
    let mut quote = None;
    inside.char_indices().find_map(|(at, found)| {
        match (quote, found) {
            (None, '}') => return Some(at),
            (None, '"' | '\'') => quote = Some(found),
            (Some(open), _) if open == found => quote = None,
            _ => {}
        }
        None
    })
}
