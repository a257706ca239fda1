//! `SelectToken`: names, indices, wildcards and recursive descent.
//!
//! **Differs from Azure:** filters (`[?(…)]`) and slices are refused.

use super::{Data, Token};
use crate::failure::{Outcome, exception};

/// The tokens at `path`.
pub fn select(root: &Token, path: &str) -> Outcome<Vec<Token>> {
    let mut current = vec![root.clone()];
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            let mut all = Vec::new();
            for token in &current {
                all.push(token.clone());
                token.descendants(&mut all);
            }
            current = all;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = after;
        }
        let step;
        (step, rest) = next(rest, path)?;
        current = current.iter().flat_map(|token| apply(token, &step)).collect();
    }
    Ok(current)
}

enum Step {
    Name(String),
    Index(usize),
    All,
}

fn next<'p>(rest: &'p str, path: &str) -> Outcome<(Step, &'p str)> {
    let wrong = |what: &str| {
        exception("Newtonsoft.Json.JsonException", format!("{what} while parsing path '{path}'."))
    };
    if let Some(inner) = rest.strip_prefix('[') {
        if let Some(quote) = inner.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            let (name, after) = inner
                .get(1..)
                .and_then(|text| text.split_once(quote))
                .ok_or_else(|| wrong("Path ended with an open string"))?;
            let after = after.strip_prefix(']').ok_or_else(|| wrong("Unexpected character"))?;
            return Ok((Step::Name(name.to_owned()), after));
        }
        let (index, after) = inner.split_once(']').ok_or_else(|| wrong("Path ended with open indexer"))?;
        if index == "*" {
            return Ok((Step::All, after));
        }
        let index =
            index.trim().parse().map_err(|_| wrong("Path filters are not implemented by the sandbox:"))?;
        return Ok((Step::Index(index), after));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    match name {
        "" => Err(wrong("Unexpected end")),
        "*" => Ok((Step::All, after)),
        _ => Ok((Step::Name(name.to_owned()), after)),
    }
}

fn apply(token: &Token, step: &Step) -> Vec<Token> {
    match step {
        Step::Name(name) => token.get(name).into_iter().collect(),
        Step::Index(index) => token.item(*index).into_iter().collect(),
        Step::All => match token.data() {
            Data::Object(properties) => properties.values().filter_map(Token::property_value).collect(),
            _ => token.tokens(),
        },
    }
}
