//! The cache in a Redis: answers and values that gateways keep together, for as long as the server counts.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-cache-external>
//!
//! **Differs from Azure:** how things are written there is the sandbox's own, so the two cannot share a cache. Values
//! that are no text, number, condition, time, bytes or JSON are not kept in it.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::cache::Found;
use super::responses::{Kept, LONGEST};
use super::shared::Link;
use crate::value::Variable;

/// The cache in the Redis of a link. What it answers is nothing if the Redis is away.
#[derive(Debug, Clone)]
pub struct External(Arc<Link>);

impl External {
    /// That in the Redis of a link.
    pub fn new(link: Arc<Link>) -> Self {
        Self(link)
    }

    /// The answer of a key, if there is one.
    pub async fn answer(&self, key: &str) -> Option<Option<Kept>> {
        let found = self.0.get(&answers(key)).await?;
        Some(found.and_then(|bytes| read_answer(&Bytes::from(bytes))))
    }

    /// Keeps an answer, unless it is too long.
    pub async fn keep_answer(&self, key: &str, kept: &Kept, now: i64) -> Option<()> {
        if kept.body.len() > LONGEST {
            return Some(());
        }
        self.0.set(&answers(key), &written_answer(kept), left(kept.until, now)).await
    }

    /// The value of a key, if there is one.
    pub async fn value(&self, key: &str, now: i64) -> Option<Option<Found>> {
        let found = self.0.get(&values(key)).await?;
        Some(found.and_then(|bytes| read_value(&bytes, now)))
    }

    /// Keeps a value, if it can be written, until a moment; before that it is to be made anew.
    pub async fn keep_value(
        &self,
        key: &str,
        value: &Variable,
        (fresh, until): (i64, i64),
        now: i64,
    ) -> Option<()> {
        let Some(written) = written_value(value) else { return Some(()) };
        let written = json!({"fresh": fresh, "value": written}).to_string();
        if written.len() > LONGEST {
            return Some(());
        }
        self.0.set(&values(key), written.as_bytes(), left(until, now)).await
    }

    /// Forgets the value of a key.
    pub async fn remove(&self, key: &str) -> Option<()> {
        self.0.delete(&values(key)).await
    }
}

fn answers(key: &str) -> String {
    format!("apimlab:answer:{key}")
}

fn values(key: &str) -> String {
    format!("apimlab:value:{key}")
}

/// The milliseconds until a moment, if it is not for ever.
fn left(until: i64, now: i64) -> Option<i64> {
    (until != i64::MAX).then(|| until.saturating_sub(now))
}

/// A line of JSON, then the body.
fn written_answer(kept: &Kept) -> Vec<u8> {
    let headers = kept.headers.iter().map(|(name, value)| (name.as_str(), BASE64_STANDARD.encode(value)));
    let reason = kept.reason.as_ref().map(|reason| BASE64_STANDARD.encode(reason.as_bytes()));
    let head = json!({
        "status": kept.status.as_u16(), "reason": reason, "headers": headers.collect::<Vec<_>>(),
    });
    let mut written = head.to_string().into_bytes();
    written.push(b'\n');
    written.extend_from_slice(&kept.body);
    written
}

fn read_answer(written: &Bytes) -> Option<Kept> {
    let end = memchr::memchr(b'\n', written)?;
    let head: Value = serde_json::from_slice(written.get(..end)?).ok()?;
    let decoded = |value: &Value| BASE64_STANDARD.decode(value.as_str()?).ok();
    let mut headers = HeaderMap::new();
    for header in head.get("headers")?.as_array()? {
        let name: HeaderName = header.get(0)?.as_str()?.parse().ok()?;
        headers.append(name, HeaderValue::from_bytes(&decoded(header.get(1)?)?).ok()?);
    }
    let status = u16::try_from(head.get("status")?.as_u64()?).ok()?;
    let reason = head.get("reason").and_then(decoded);
    Some(Kept {
        status: StatusCode::from_u16(status).ok()?,
        reason: reason.and_then(|reason| hyper::ext::ReasonPhrase::try_from(reason).ok()),
        headers,
        body: written.slice(end + 1..),
        until: i64::MAX,
    })
}

/// A value with the name of its type; nothing if it cannot be written.
fn written_value(value: &Variable) -> Option<Value> {
    let (name, value) = match value {
        Variable::Null => ("null", Value::Null),
        Variable::Bool(value) => ("bool", json!(value)),
        Variable::Int(value) => ("int", json!(value)),
        Variable::Long(value) => ("long", json!(value)),
        Variable::Double(value) => ("double", json!(value.to_bits())),
        Variable::String(text) => ("string", json!(text.text())),
        Variable::Json(_) => ("json", json!(expression::json_text(value)?)),
        Variable::Array(items) if items.element() == expression::Type::BYTE => {
            let byte = |item: &Variable| if let Variable::Byte(byte) = item { *byte } else { 0 };
            let bytes: Vec<u8> = items.lock().iter().map(byte).collect();
            ("bytes", json!(BASE64_STANDARD.encode(bytes)))
        }
        _ => return None,
    };
    Some(json!([name, value]))
}

fn read_value(written: &[u8], now: i64) -> Option<Found> {
    let entry: Value = serde_json::from_slice(written).ok()?;
    let value = entry.get("value")?;
    let (name, value) = (value.get(0)?.as_str()?, value.get(1)?);
    let value = match name {
        "null" => Variable::Null,
        "bool" => Variable::Bool(value.as_bool()?),
        "int" => Variable::Int(i32::try_from(value.as_i64()?).ok()?),
        "long" => Variable::Long(value.as_i64()?),
        "double" => Variable::Double(f64::from_bits(value.as_u64()?)),
        "string" => Variable::text(value.as_str()?),
        "json" => expression::json(value.as_str()?)?,
        "bytes" => Variable::bytes(&BASE64_STANDARD.decode(value.as_str()?).ok()?),
        _ => return None,
    };
    Some(Found { value, is_stale: entry.get("fresh")?.as_i64()? <= now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        for value in [
            Variable::Null,
            Variable::Bool(true),
            Variable::Int(-7),
            Variable::Long(i64::MIN),
            Variable::Double(0.1),
            Variable::text("ä\n\"{"),
            Variable::bytes(&[0, 10, 255]),
            expression::json(r#"{"a": [1, null, "b"]}"#).expect("JSON"),
        ] {
            let written = json!({"fresh": 10, "value": written_value(&value).expect("text")}).to_string();
            let found = read_value(written.as_bytes(), 9).expect("a value");
            assert_eq!(format!("{:?}", found.value), format!("{value:?}"));
            assert!(!found.is_stale && read_value(written.as_bytes(), 10).expect("a value").is_stale);
        }
    }

    #[test]
    fn answers_are_read_as_they_were_written() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", HeaderValue::from_bytes(b"\xff one").expect("a value"));
        headers.append("x-a", HeaderValue::from_static("two"));
        let body = Bytes::from_static(b"\n{}\n\0");
        let kept = Kept { status: StatusCode::OK, reason: None, headers, body, until: 1 };
        let read = read_answer(&written_answer(&kept).into()).expect("an answer");
        assert_eq!((read.status, &read.headers, &read.body), (kept.status, &kept.headers, &kept.body));
        for broken in [&b""[..], b"{}", b"{}\n", b"{\"status\":9,\"headers\":[]}\n"] {
            assert!(read_answer(&Bytes::from_static(broken)).is_none());
        }
    }
}
