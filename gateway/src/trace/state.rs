//! What a request and its response look like at one moment, and what is different later.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use expression::Limits;
use http::HeaderMap;

use super::Change;
use crate::backend::BackendUrl;
use crate::body::Body;
use crate::context::{Evaluation, Exchange};
use crate::value::Variable;

/// The moment before a policy.
#[derive(Debug)]
pub struct State {
    method: String,
    url: String,
    backend: Option<String>,
    headers: HeaderMap,
    body: Content,
    response: Option<Answer>,
    variables: Arc<HashMap<Arc<str>, Variable>>,
}

#[derive(Debug)]
struct Answer {
    status: String,
    headers: HeaderMap,
    body: Content,
}

/// A body as far as it can be told without reading it.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    Bytes(Bytes),
    Streamed,
    Consumed,
}

impl State {
    /// How it is now.
    pub fn of(exchange: &Exchange) -> Self {
        let request = &exchange.request;
        let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        Self {
            method: request.method.to_string(),
            url: format!("{}{query}", request.path),
            backend: exchange.backend.as_deref().map(address),
            headers: request.headers.clone(),
            body: Content::of(&request.body),
            response: exchange.response.as_ref().map(|response| Answer {
                status: format!("{} {}", response.status.as_u16(), response.reason_text()),
                headers: response.headers.clone(),
                body: Content::of(&response.body),
            }),
            variables: Arc::clone(&exchange.variables),
        }
    }

    /// What is different in `after`.
    pub fn changes(&self, after: &Self, exchange: &Exchange) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut compare = |what: &str, before: Option<String>, after: Option<String>| {
            if before != after {
                changes.push(Change { what: what.to_owned(), before, after });
            }
        };
        compare("request.method", Some(self.method.clone()), Some(after.method.clone()));
        compare("request.url", Some(self.url.clone()), Some(after.url.clone()));
        compare("backend", self.backend.clone(), after.backend.clone());
        compare("request.body", Some(self.body.shown(&after.body)), Some(after.body.shown(&self.body)));
        for name in names(&self.headers, &after.headers) {
            compare(
                &format!("request.headers.{name}"),
                joined(&self.headers, name),
                joined(&after.headers, name),
            );
        }
        let status = |state: &Self| state.response.as_ref().map(|answer| answer.status.clone());
        compare("response.status", status(self), status(after));
        let none =
            Answer { status: String::new(), headers: HeaderMap::new(), body: Content::Bytes(Bytes::new()) };
        let (one, two) = (self.response.as_ref().unwrap_or(&none), after.response.as_ref().unwrap_or(&none));
        compare("response.body", Some(one.body.shown(&two.body)), Some(two.body.shown(&one.body)));
        for name in names(&one.headers, &two.headers) {
            compare(
                &format!("response.headers.{name}"),
                joined(&one.headers, name),
                joined(&two.headers, name),
            );
        }
        if !Arc::ptr_eq(&self.variables, &after.variables) {
            let all: BTreeSet<_> = self.variables.keys().chain(after.variables.keys()).collect();
            for name in all {
                let value = |state: &Self| state.variables.get(name).map(|value| shown(value, exchange));
                compare(&format!("variables.{name}"), value(self), value(after));
            }
        }
        changes
    }
}

impl Content {
    fn of(body: &Body) -> Self {
        match body {
            Body::Empty => Self::Bytes(Bytes::new()),
            Body::Full(bytes) => Self::Bytes(bytes.clone()),
            Body::Client(_) | Body::Backend(_) | Body::Tapped(_) => Self::Streamed,
            Body::Gone | Body::Consumed | Body::Switched(_) => Self::Consumed,
        }
    }

    /// Bodies of one length that differ say so.
    fn shown(&self, other: &Self) -> String {
        match (self, other) {
            (Self::Bytes(bytes), Self::Bytes(others)) if bytes.len() == others.len() && bytes != others => {
                let start = bytes.get(..bytes.len().min(64)).unwrap_or_default();
                format!("{} bytes: {}", bytes.len(), String::from_utf8_lossy(start))
            }
            (Self::Bytes(bytes), _) => format!("{} bytes", bytes.len()),
            (Self::Streamed, _) => "a stream".to_owned(),
            (Self::Consumed, _) => "consumed".to_owned(),
        }
    }
}

/// A value as text, within bounds.
pub fn shown(value: &Variable, exchange: &Exchange) -> String {
    if value.is_null() {
        return "null".to_owned();
    }
    let limits = Limits { steps: 20_000, bytes: 1 << 20, ..Limits::default() };
    expression::text(value, &Evaluation::of(exchange), &limits).unwrap_or_else(|failure| failure.to_string())
}

fn address(url: &BackendUrl) -> String {
    let scheme = if url.tls { "https" } else { "http" };
    let path = url.target("", None).map(|target| target.path().to_owned()).unwrap_or_default();
    format!("{scheme}://{}{path}", String::from_utf8_lossy(url.host_header.as_bytes()))
}

fn names<'h>(one: &'h HeaderMap, two: &'h HeaderMap) -> BTreeSet<&'h str> {
    one.keys().chain(two.keys()).map(http::HeaderName::as_str).collect()
}

fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    headers.contains_key(name).then(|| values.collect::<Vec<_>>().join(","))
}
