//! Calls from the internet.
//!
//! In the sandbox they go through the proxy that stands for the internet, which says so when an address cannot be
//! reached from there. Against Azure they go out directly: a private address is dialled as by anybody, in vain.

use std::collections::BTreeMap;

use cloud::{Client, Method};

use super::answer::{Answer, Outcome};

/// As much of a body as is looked at.
const MAX_BODY: usize = 1024 * 1024;
const UNREACHABLE: &str = "x-apimlab-unreachable";

/// A call to be made.
pub(super) struct Call<'c> {
    pub(super) method: &'c str,
    pub(super) url: &'c str,
    pub(super) headers: &'c BTreeMap<String, String>,
}

/// Makes the call.
pub(super) async fn call(client: &Client, call: &Call<'_>) -> Outcome {
    let Ok(method) = call.method.parse::<Method>() else {
        return Outcome::Failed(format!("`{}` is no HTTP method", call.method));
    };
    let mut request = client.http().request(method, call.url);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => {
            let through_proxy = client.environment().proxy.is_some() && call.url.starts_with("http://");
            let reason = reason(&error);
            return match error.is_connect() || error.is_timeout() {
                true if through_proxy => {
                    Outcome::Failed(format!("the environment's proxy does not answer: {reason}"))
                }
                true => Outcome::Unreachable(reason),
                false => Outcome::Failed(reason),
            };
        }
    };
    let mut body = Vec::new();
    while body.len() < MAX_BODY {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Outcome::Failed(format!("the answer broke off: {}", reason(&error))),
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    if response.headers().contains_key(UNREACHABLE) {
        return Outcome::Unreachable(body.trim().to_owned());
    }
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    Outcome::Answer(Answer { status: response.status().as_u16(), headers, body })
}

/// The innermost cause: the outer ones only repeat the URL.
fn reason(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
