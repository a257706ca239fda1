//! What a request is answered with, and how that looks on the wire.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::GraphError;

/// A success.
pub(super) enum Answer {
    /// One object or value.
    Entity { status: u16, context: String, view: Value },
    /// A list, maybe continued elsewhere.
    Collection { context: String, count: Option<usize>, next_link: Option<String>, value: Vec<Value> },
    /// Done, nothing to say.
    NoContent,
}

const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// The answer on the wire.
pub(super) fn respond(call: &Call<'_>, answer: Result<Answer, GraphError>) -> Response<Bytes> {
    let request_id = call.directory.ids.uuid();
    let client_request_id = call.client_request_id().unwrap_or(&request_id).to_owned();
    let (status, body) = match answer {
        Ok(answer) => answer.body(call),
        Err(error) => {
            let at = call.directory.clock.now().rfc3339();
            let inner = json!({
                "date": at.trim_end_matches('Z'),
                "request-id": request_id,
                "client-request-id": client_request_id,
            });
            (error.status, Some(error.body(inner)))
        }
    };
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in [("request-id", request_id), ("client-request-id", client_request_id)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    if let Some(body) = body {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        response.headers_mut().insert("odata-version", HeaderValue::from_static("4.0"));
        *response.body_mut() = Bytes::from(body.to_string());
    }
    response
}

impl Answer {
    fn body(self, call: &Call<'_>) -> (u16, Option<Value>) {
        match self {
            Self::NoContent => (204, None),
            Self::Entity { status, context, view } => {
                let mut body = call.context(&context);
                if let Value::Object(view) = view {
                    body.extend(view);
                }
                (status, Some(Value::Object(body)))
            }
            Self::Collection { context, count, next_link, value } => {
                let mut body: Map<String, Value> = call.context(&context);
                body.extend(count.map(|count| ("@odata.count".to_owned(), json!(count))));
                body.extend(next_link.map(|link| ("@odata.nextLink".to_owned(), json!(link))));
                body.insert("value".to_owned(), Value::Array(value));
                (200, Some(Value::Object(body)))
            }
        }
    }
}
