//! Request bodies.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;

use super::status::Failure;

/// The largest body, as an API server has it.
pub const LIMIT: usize = 3 << 20;
/// How deep an object may be nested.
const DEPTH: usize = 96;

const PROTOBUF: &str =
    "the sandbox takes JSON and YAML, not protobuf; write the object to a file and use `kubectl apply -f`";

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// An object in JSON.
    Json,
    /// An object in YAML.
    Yaml,
    /// A JSON patch, RFC 6902.
    JsonPatch,
    /// A merge patch, RFC 7386.
    MergePatch,
    /// A strategic merge patch.
    StrategicPatch,
    /// What server-side apply takes.
    Apply,
}

/// Reads a body of at most [`LIMIT`] bytes.
pub async fn read<B>(body: B) -> Result<Bytes, Failure>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::too_large(LIMIT)),
        Err(error) => Err(Failure::bad_request(format!("the body could not be read: {error}"))),
    }
}

/// How the body is written; JSON if that is not said.
pub fn media(headers: &HeaderMap) -> Result<Media, Failure> {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return Ok(Media::Json) };
    let kind = kind.to_str().unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "" | "application/json" => Ok(Media::Json),
        "application/yaml" | "application/x-yaml" => Ok(Media::Yaml),
        "application/json-patch+json" => Ok(Media::JsonPatch),
        "application/merge-patch+json" => Ok(Media::MergePatch),
        "application/strategic-merge-patch+json" => Ok(Media::StrategicPatch),
        "application/apply-patch+yaml" => Ok(Media::Apply),
        "application/vnd.kubernetes.protobuf" => Err(Failure::unsupported_media(PROTOBUF)),
        _ => Err(Failure::unsupported_media("")),
    }
}

/// Reads an object.
pub fn parse(media: Media, body: &[u8]) -> Result<Value, Failure> {
    let value: Value = match media {
        Media::Yaml | Media::Apply => {
            let text = std::str::from_utf8(body).map_err(|error| malformed(&error.to_string()))?;
            serde_saphyr::from_str(text).map_err(|error| malformed(&error.to_string()))?
        }
        _ => serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))?,
    };
    if is_deeper(&value, DEPTH) {
        return Err(Failure::bad_request(format!("the object is nested deeper than {DEPTH} levels")));
    }
    Ok(value)
}

fn malformed(why: &str) -> Failure {
    Failure::bad_request(format!("the object provided is unrecognized (must be of type Object): {why}"))
}

fn is_deeper(value: &Value, than: usize) -> bool {
    let Some(left) = than.checked_sub(1) else { return true };
    match value {
        Value::Object(map) => map.values().any(|value| is_deeper(value, left)),
        Value::Array(list) => list.iter().any(|value| is_deeper(value, left)),
        _ => false,
    }
}
