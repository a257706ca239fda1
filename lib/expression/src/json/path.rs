//! `SelectToken`: names, indices, wildcards, recursive descent and simple filters.
//!
//! **Differs from Azure:** slices (`[1:3]`) and filters with `&&`, `||` or regular expressions are refused.

use super::Token;
use crate::failure::{Outcome, exception, out_of_range};
use crate::run::{arithmetic, convert};
use crate::value::Value;

/// The tokens at `path`; `required` fails where a name or an index is missing.
pub fn select(root: &Token, path: &str, required: bool) -> Outcome<Vec<Token>> {
    let mut current = vec![root.clone()];
    for (scan, step) in steps(path)? {
        if scan {
            let mut all = Vec::new();
            for token in &current {
                all.push(token.clone());
                token.descendants(&mut all);
            }
            current = all;
        }
        let mut found = Vec::new();
        for token in &current {
            apply(token, &step, required && !scan, &mut found)?;
        }
        current = found;
    }
    Ok(current)
}

enum Step {
    Name(String),
    Indices(Vec<i64>),
    All,
    Filter(Filter),
}

/// `?(@.path op literal)`; without an operator the path must be there.
struct Filter {
    path: String,
    test: Option<(String, Value)>,
}

fn wrong<T>(what: &str) -> Outcome<T> {
    Err(exception("Newtonsoft.Json.JsonException", what))
}

fn named(name: &str) -> Step {
    if name == "*" { Step::All } else { Step::Name(name.to_owned()) }
}

/// The steps of a path, and whether each looks at all descendants.
fn steps(path: &str) -> Outcome<Vec<(bool, Step)>> {
    let rest = path.trim_start();
    let rest = match rest.strip_prefix('$') {
        Some(after) if after.is_empty() || after.starts_with(['.', '[']) => after,
        _ => rest,
    };
    let mut steps = Vec::new();
    let (mut rest, mut scan, mut dotted, mut indexed) = (rest, false, false, false);
    while let Some(first) = rest.chars().next() {
        match first {
            '[' => {
                let (step, after) = indexer(rest.get(1..).unwrap_or_default())?;
                steps.push((std::mem::take(&mut scan), step));
                (rest, dotted, indexed) = (after, false, true);
            }
            '.' => {
                (rest, dotted, indexed) = (rest.get(1..).unwrap_or_default(), true, false);
                if let Some(after) = rest.strip_prefix('.') {
                    (rest, scan) = (after, true);
                }
            }
            ']' | ')' => return wrong(&format!("Unexpected character while parsing path: {first}")),
            _ if indexed => return wrong(&format!("Unexpected character following indexer: {first}")),
            _ => {
                let start = rest.len() - rest.trim_start_matches(' ').len();
                let start = if steps.is_empty() { 0 } else { start };
                let length = rest.get(start..).and_then(|text| text.find(['.', '[', ' ']));
                let (name, after) = rest.split_at(length.map_or(rest.len(), |at| at + start));
                if after.starts_with(' ') && !after.trim_start().is_empty() {
                    return wrong("Unexpected character while parsing path:  ");
                }
                steps.push((std::mem::take(&mut scan), named(name)));
                (rest, dotted) = (after.trim_start(), false);
            }
        }
    }
    if dotted { wrong("Unexpected end while parsing path.") } else { Ok(steps) }
}

/// What is between brackets, and the text behind them.
fn indexer(text: &str) -> Outcome<(Step, &str)> {
    if text.is_empty() {
        return wrong("Path ended with open indexer.");
    }
    if let Some(filter) = text.strip_prefix("?(") {
        let Some((inner, after)) = filter.split_once(")]") else {
            return wrong("Path ended with open query.");
        };
        return Ok((Step::Filter(condition(inner)?), after));
    }
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let Some((name, after)) = text.get(1..).and_then(|text| text.split_once(quote)) else {
            return wrong("Path ended with an open string.");
        };
        return match after.strip_prefix(']') {
            Some(after) => Ok((Step::Name(name.to_owned()), after)),
            None => wrong("Unexpected character while parsing path indexer."),
        };
    }
    let Some((inner, after)) = text.split_once(']') else { return wrong("Path ended with open indexer.") };
    if inner.trim() == "*" {
        return Ok((Step::All, after));
    }
    let indices: Result<Vec<i64>, _> = inner.split(',').map(|part| part.trim().parse()).collect();
    match indices {
        Ok(indices) => Ok((Step::Indices(indices), after)),
        Err(_) if inner.is_empty() => wrong("Array index expected."),
        Err(_) => {
            let odd = inner.chars().find(|c| !c.is_ascii_digit() && *c != '-').unwrap_or_default();
            wrong(&format!("Unexpected character while parsing path indexer: {odd}"))
        }
    }
}

fn condition(text: &str) -> Outcome<Filter> {
    let refused = || wrong("Path filters of this form are not implemented by the sandbox.");
    let Some(text) = text.trim().strip_prefix('@') else { return refused() };
    if text.contains("&&") || text.contains("||") || text.contains("=~") {
        return refused();
    }
    let operators = ["==", "!=", ">=", "<=", ">", "<"];
    let found = operators.iter().filter_map(|op| Some((text.find(op)?, *op))).min_by_key(|(at, _)| *at);
    let Some((at, operator)) = found else {
        return Ok(Filter { path: text.trim().to_owned(), test: None });
    };
    let literal = text.get(at + operator.len()..).unwrap_or_default().trim();
    let value = match literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(text) => Value::text(text),
        None => super::parse(literal, false)?.scalar().unwrap_or(Value::Null),
    };
    let path = text.get(..at).unwrap_or_default().trim().to_owned();
    Ok(Filter { path, test: Some((operator.to_owned(), value)) })
}

fn holds(token: &Token, filter: &Filter) -> Outcome<bool> {
    let found = select(token, filter.path.trim_start_matches('.'), false)?;
    let Some((operator, literal)) = &filter.test else { return Ok(!found.is_empty()) };
    Ok(found.iter().filter_map(Token::scalar).any(|value| match operator.as_str() {
        "==" => convert::equal(&value, literal),
        "!=" => !convert::equal(&value, literal),
        other => arithmetic::order(&value, literal).is_some_and(|order| match other {
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "<" => order.is_lt(),
            _ => order.is_le(),
        }),
    }))
}

fn apply(token: &Token, step: &Step, required: bool, found: &mut Vec<Token>) -> Outcome<()> {
    let kind = token.type_name().rsplit('.').next().unwrap_or_default();
    match step {
        Step::Name(name) => match token.get(name) {
            Some(value) => found.push(value),
            None if required && token.kind() == 1 => {
                return wrong(&format!("Property '{name}' does not exist on JObject."));
            }
            None if required => return wrong(&format!("Property '{name}' not valid on {kind}.")),
            None => {}
        },
        Step::Indices(indices) => {
            for index in indices {
                let item = usize::try_from(*index).ok().and_then(|index| token.item(index));
                match item {
                    Some(item) => found.push(item),
                    None if token.kind() == 2 && *index < 0 => {
                        let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
                        return Err(out_of_range(message, "index"));
                    }
                    None if required && token.kind() == 2 => {
                        return wrong(&format!("Index {index} outside the bounds of JArray."));
                    }
                    None if required => return wrong(&format!("Index {index} not valid on {kind}.")),
                    None => {}
                }
            }
        }
        Step::All if matches!(token.kind(), 1 | 2) => {
            found.extend(token.tokens().into_iter().map(|item| item.property_value().unwrap_or(item)));
        }
        Step::All => {}
        Step::Filter(filter) => {
            for item in token.tokens() {
                let item = item.property_value().unwrap_or(item);
                if holds(&item, filter)? {
                    found.push(item);
                }
            }
        }
    }
    Ok(())
}
