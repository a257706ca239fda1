//! What goes back to the client, before it is HTTP.

use std::fmt;
use std::pin::Pin;

use arm::ErrorResponse;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::engine::{Call, Resource, Store};

/// An answer that another part is still asked for.
struct Later(Pin<Box<dyn Future<Output = Result<Answer, ErrorResponse>> + Send>>);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers besides those that every answer has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Option<Value>,
    later: Option<Later>,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None, later: None }
    }

    /// An answer with a JSON body.
    pub fn json(status: u16, body: Value) -> Self {
        Self { body: Some(body), ..Self::empty(status) }
    }

    /// An answer that takes the time that another part needs; it changes nothing here.
    pub fn later(answer: impl Future<Output = Result<Self, ErrorResponse>> + Send + 'static) -> Self {
        Self { later: Some(Later(Box::pin(answer))), ..Self::empty(500) }
    }

    /// The answer once it is there.
    pub async fn settled(self) -> Result<Self, ErrorResponse> {
        match self.later {
            Some(Later(answer)) => answer.await,
            None => Ok(self),
        }
    }

    /// A resource in the form in which it is shown.
    pub fn resource(status: u16, resource: &Resource, store: &Store) -> Self {
        let answer = Self::json(status, show(resource, store));
        if resource.etag.is_empty() {
            return answer;
        }
        answer.header("etag", &format!("\"{}\"", resource.etag))
    }

    /// Adds a header; a value that is no header value is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            self.headers.push((name, value));
        }
        self
    }

    /// The HTTP response to `call`.
    pub fn respond(self, call: &Call) -> Response<Bytes> {
        let body = self.body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let mut response = Response::new(Bytes::new());
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.extend(self.headers);
        if body.is_empty() {
            // API Management's poller in azurerm decides by the content length.
            if self.status != 204 {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
        } else {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        for (name, value) in call.tracking_headers() {
            headers.insert(name, value);
        }
        if call.method != Method::HEAD {
            *response.body_mut() = body;
        }
        response
    }
}

/// The form in which a resource is shown.
pub fn show(resource: &Resource, store: &Store) -> Value {
    let mut shown = resource.envelope();
    (resource.definition.view)(resource, store, &mut shown);
    shown
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

impl From<ErrorResponse> for Answer {
    fn from(error: ErrorResponse) -> Self {
        let mut body = error.body();
        if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
            // Clients print `target: null` as readily as they print nothing.
            error.retain(|_, value| *value != json!(null));
        }
        let answer = Self::json(error.status, body);
        if error.status == 404 { answer.header("x-ms-failure-cause", "gateway") } else { answer }
    }
}
