//! Answers: JSON, YAML, text, streams.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use serde::Serialize;

use super::accept::Format;
use super::status::Failure;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const YAML: HeaderValue = HeaderValue::from_static("application/yaml");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// An object.
pub fn object(status: StatusCode, format: Format, value: &impl Serialize) -> Response<Body> {
    let (body, kind) = match format {
        Format::Json => (serde_json::to_vec(value).map_err(|error| error.to_string()), JSON),
        Format::Yaml => {
            (serde_saphyr::to_string(value).map(String::into_bytes).map_err(|error| error.to_string()), YAML)
        }
    };
    match body {
        Ok(body) => bytes(status, kind, body),
        Err(error) => {
            tracing::error!(error, "an answer could not be written");
            bytes(StatusCode::INTERNAL_SERVER_ERROR, TEXT, Vec::new())
        }
    }
}

/// JSON.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    object(status, Format::Json, value)
}

/// A refusal.
pub fn failure(failure: &Failure) -> Response<Body> {
    json(failure.code, &failure.status())
}

/// Plain text.
pub fn text(text: impl Into<Vec<u8>>) -> Response<Body> {
    bytes(StatusCode::OK, TEXT, text.into())
}

/// Lines of JSON that come over time.
pub fn stream(
    kind: Kind,
    chunks: impl futures_util::Stream<Item = Bytes> + Send + 'static,
) -> Response<Body> {
    use futures_util::StreamExt as _;
    let frames = chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let kind = match kind {
        Kind::Json => JSON,
        Kind::Text => TEXT,
    };
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON documents, one a line.
    Json,
    /// Text.
    Text,
}

fn bytes(status: StatusCode, kind: HeaderValue, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
