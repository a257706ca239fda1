//! Lists in pages: `$top`, `$skip`, `nextLink`.

use arm::ErrorResponse;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::engine::{Answer, Call};

/// The greatest number of items on a page.
const PAGE: usize = 1_000;

/// The page of `items` that the request asks for.
pub fn page(call: &Call, items: Vec<Value>, counted: bool) -> Result<Answer, ErrorResponse> {
    let total = items.len();
    let skip = call.number("$skip")?.or(call.number("$skiptoken")?).unwrap_or(0);
    let top = call.number("$top")?.unwrap_or(PAGE).clamp(1, PAGE);
    let page: Vec<Value> = items.into_iter().skip(skip).take(top).collect();
    let next = skip.saturating_add(page.len());
    let mut body = Map::new();
    body.insert("value".to_owned(), json!(page));
    if counted {
        body.insert("count".to_owned(), json!(total));
    }
    if next < total {
        body.insert("nextLink".to_owned(), json!(next_link(call, next)));
    }
    Ok(Answer::json(200, Value::Object(body)))
}

fn next_link(call: &Call, next: usize) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut pairs: Vec<String> = call
        .query
        .iter()
        .filter(|(key, _)| !["$skip", "$skiptoken"].iter().any(|skip| key.eq_ignore_ascii_case(skip)))
        .map(|(key, value)| format!("{}={}", encode(key).replace("%2D", "-"), encode(value)))
        .collect();
    pairs.push(format!("%24skip={next}"));
    let path = call.path_and_query.split('?').next().unwrap_or_default();
    format!("{}{path}?{}", call.origin, pairs.join("&"))
}
