//! Answers in place of backends, for tests of policies: nothing is dialled.

use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Response, StatusCode};

use super::Call;
use super::forward::{Answer, Outgoing, broken};
use crate::body::Body;
use crate::error::LastError;

/// How long a body may be that is kept.
const LENGTH: usize = 16 << 20;

/// What stands in for all backends.
#[derive(Debug)]
pub struct StandIn {
    /// What it answers: the first that fits and was not used up.
    answers: Vec<Prepared>,
    seen: Mutex<Vec<Seen>>,
}

/// A prepared answer.
#[derive(Debug, Default)]
pub struct Prepared {
    /// The method that it answers; any if there is none.
    pub method: Option<String>,
    /// How the URL begins that it answers; any if there is none.
    pub url: Option<String>,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
    /// How often it answers; always if there is no number.
    pub times: Option<usize>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
    /// The number of the answer that it got.
    pub answered: Option<usize>,
}

impl StandIn {
    /// With these answers.
    pub fn new(answers: Vec<Prepared>) -> Self {
        Self { answers, seen: Mutex::default() }
    }

    /// The requests that came.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers a request.
    pub async fn answer(&self, call: Call<'_>, request: Outgoing) -> Result<Answer, LastError> {
        let (parts, mut body) = request.into_parts();
        body.collect(LENGTH).await.map_err(|error| broken(&error.to_string()))?;
        let body = match &body {
            Body::Full(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        let scheme = if call.to.tls { "https" } else { "http" };
        let host = String::from_utf8_lossy(call.to.host_header.as_bytes()).into_owned();
        let target = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let url = format!("{scheme}://{host}{target}");
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let used = |at: usize| seen.iter().filter(|seen| seen.answered == Some(at)).count();
        let fits = |(at, prepared): &(usize, &Prepared)| {
            prepared.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(parts.method.as_str()))
                && prepared.url.as_ref().is_none_or(|start| url.starts_with(start.as_str()))
                && prepared.times.is_none_or(|times| used(*at) < times)
        };
        let found = self.answers.iter().enumerate().find(fits);
        let answered = found.map(|(at, _)| at);
        let method = parts.method.to_string();
        let why = format!("the test has no answer for {method} {url}");
        seen.push(Seen { method, url, headers: parts.headers, body, answered });
        let (_, prepared) = found.ok_or_else(|| broken(&why))?;
        let mut answer = Response::new(Body::full(prepared.body.clone().into()));
        *answer.status_mut() = prepared.status;
        *answer.headers_mut() = prepared.headers.clone();
        Ok(answer)
    }
}
