//! Sending one request, again if that helps.
//!
//! Throttling is waited out as the service asks (`Retry-After`). Server errors and broken connections are tried
//! three times more with growing pauses; a POST that may have been carried out is not sent twice.
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method};
use reqwest::RequestBuilder;
use sim::Clock;

use crate::Error;

const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1_600)];
const THROTTLED_TIMES: u32 = 20;
const LONGEST_PAUSE: Duration = Duration::from_mins(2);
const MAX_BODY: usize = 64 << 20;

/// An answer as it came.
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A request that can be made again: what it is for messages, and how to build it.
pub(crate) struct Attempt<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a str,
    pub(crate) build: &'a (dyn Fn() -> RequestBuilder + Sync),
}

/// Sends until there is an answer that another try would not improve.
pub(crate) async fn send(clock: &Clock, attempt: &Attempt<'_>) -> Result<Raw, Error> {
    let mut pauses = PAUSES.into_iter();
    let mut throttled = 0;
    loop {
        let result = once(attempt).await;
        let pause = match &result {
            Ok(raw) if raw.status == 429 && throttled < THROTTLED_TIMES => {
                throttled += 1;
                Some(retry_after(&raw.headers).unwrap_or(Duration::from_secs(1)))
            }
            Ok(raw) if is_passing(raw.status, attempt.method) => {
                pauses.next().map(|pause| retry_after(&raw.headers).unwrap_or(pause))
            }
            Err(failure) if failure.may_repeat => pauses.next(),
            Ok(_) | Err(_) => None,
        };
        match (pause, result) {
            (Some(pause), result) => {
                let status = result.as_ref().map_or(0, |raw| raw.status);
                tracing::debug!(method = %attempt.method, status, ?pause, "request is repeated");
                clock.sleep(pause.min(LONGEST_PAUSE)).await;
            }
            (None, Ok(raw)) => return Ok(raw),
            (None, Err(failure)) => {
                return Err(Error::Transport {
                    method: attempt.method.to_string(),
                    url: without_query(attempt.url),
                    reason: failure.reason,
                });
            }
        }
    }
}

struct Failure {
    reason: String,
    may_repeat: bool,
}

async fn once(attempt: &Attempt<'_>) -> Result<Raw, Failure> {
    let failed = |error: &reqwest::Error| Failure {
        reason: reason(error),
        may_repeat: !error.is_builder() && (error.is_connect() || *attempt.method != Method::POST),
    };
    let mut answer = (attempt.build)().send().await.map_err(|error| failed(&error))?;
    let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Failure {
                reason: format!("the answer is longer than {MAX_BODY} bytes"),
                may_repeat: false,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Raw { status, headers, body: body.freeze() })
}

/// A status that may be another one a moment later. A POST that failed within the service may have been done.
fn is_passing(status: u16, method: &Method) -> bool {
    match status {
        503 => true,
        500 | 502 | 504 => *method != Method::POST,
        _ => false,
    }
}

/// The pause that the service asks for; dates are not used by Azure.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok();
    number("retry-after-ms")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

/// The innermost reason of a failed request, without its URL, which may be signed.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut source = error.source();
    let mut text = None;
    while let Some(inner) = source {
        text = Some(inner.to_string());
        source = inner.source();
    }
    text.unwrap_or_else(|| error.to_string())
}

pub(crate) fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}
