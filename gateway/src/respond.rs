//! The only place that turns failures into gateway error responses.
//!
//! Bodies are Azure's to the byte, inner spaces included.
//! <https://learn.microsoft.com/azure/api-management/api-management-error-handling-policies>
//!
//! **Differs from Azure:** what the sandbox does not implement answers 500 with a message that says so.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::body::Body;
use crate::context::Response;
use crate::error::{LastError, Reason};
use crate::server::Violation;

const MISSING_KEY: &str = "Access denied due to missing subscription key. Make sure to include subscription key when \
                           making requests to an API.";
const INVALID_KEY: &str = "Access denied due to invalid subscription key. Make sure to provide a valid key for an \
                           active subscription.";

/// Where to find a key, for the challenge of a 401.
#[derive(Debug, Clone, Copy)]
pub struct Challenge<'a> {
    /// The host that was called.
    pub host: &'a str,
    /// The API's path.
    pub api_path: &'a str,
    /// The header that carries the key.
    pub key_header: &'a str,
}

/// The built-in answer to a failure.
pub fn failure(error: &LastError, activity: &str, challenge: Option<Challenge<'_>>) -> Response {
    if let Some(answer) = &error.answer {
        let mut response = json(answer.status, &answer.message);
        response.headers.extend(answer.headers.iter().cloned());
        return response;
    }
    match error.reason {
        Reason::OperationNotFound => json(StatusCode::NOT_FOUND, "Resource not found"),
        Reason::SubscriptionKeyNotFound => unauthorized(MISSING_KEY, challenge),
        Reason::SubscriptionKeyInvalid => unauthorized(INVALID_KEY, challenge),
        Reason::NotImplementedBySandbox => internal(&error.message, activity),
        _ => internal("Internal server error", activity),
    }
}

/// The answer to a request that no gateway would take: its framing or its host is not clear. The connection closes,
/// because nobody can tell where the next request begins.
pub fn violation(violation: Violation) -> Response {
    let mut response = match violation {
        Violation::LongTarget => json(StatusCode::URI_TOO_LONG, "URI Too Long"),
        Violation::TransferCoding => json(StatusCode::NOT_IMPLEMENTED, "Not Implemented"),
        _ => json(StatusCode::BAD_REQUEST, "Bad Request"),
    };
    response.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The answer after a defect of the gateway itself.
pub fn defect(activity: &str) -> Response {
    internal("Internal server error", activity)
}

/// The answer of the health endpoint.
pub fn healthy() -> Response {
    Response::new(StatusCode::OK)
}

/// The answer to Prometheus.
pub fn metrics(text: String) -> Response {
    let mut response = with_body(StatusCode::OK, text);
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers.insert(CONTENT_TYPE, kind);
    response
}

fn unauthorized(message: &str, challenge: Option<Challenge<'_>>) -> Response {
    let mut response = json(StatusCode::UNAUTHORIZED, message);
    let Some(Challenge { host, api_path, key_header }) = challenge else { return response };
    let text = format!(
        "AzureApiManagementKey realm=\"https://{host}/{api_path}\",name=\"{key_header}\",type=\"header\""
    );
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers.insert(WWW_AUTHENTICATE, value);
    }
    response
}

fn internal(message: &str, activity: &str) -> Response {
    let message = quoted(message);
    let text = format!(r#"{{ "statusCode": 500, "message": {message}, "activityId": "{activity}" }}"#);
    with_body(StatusCode::INTERNAL_SERVER_ERROR, text)
}

fn json(status: StatusCode, message: &str) -> Response {
    let text = format!(r#"{{ "statusCode": {}, "message": {} }}"#, status.as_u16(), quoted(message));
    with_body(status, text)
}

fn with_body(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(status);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body = Body::full(Bytes::from(text));
    response
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
