//! An ARM request, taken apart.

use std::sync::Arc;

use arm::{ApiVersion, ErrorResponse, ResourceId};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use sim::{Pace, Timestamp};

use super::{Resource, Store};
use crate::{Config, Fault};

/// The largest body that is read.
const MAX_BODY: usize = 4 * 1_024 * 1_024;
/// How many segments the id of a resource in a group has that lies in no other.
const HOLDER: usize = 8;
/// The longest path that is read.
const MAX_PATH: usize = 8 * 1_024;

/// An ARM request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The decoded path.
    pub path: String,
    /// The path and query as they were sent.
    pub path_and_query: String,
    /// The query's pairs.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it was sent.
    pub body: Bytes,
    /// When the request came.
    pub now: Timestamp,
    /// How fast operations progress.
    pub pace: Pace,
    /// The origin for URLs in answers.
    pub origin: String,
    /// What it is to suffer.
    pub fault: Option<Fault>,
    /// Who asks.
    pub caller: Option<crate::entra::Caller>,
    request_id: String,
}

impl Call {
    /// Takes a request apart.
    pub fn new(request: &Request<Bytes>, config: &Config, pace: Pace) -> Self {
        let uri = request.uri();
        let query = uri.query().unwrap_or_default();
        Self {
            method: request.method().clone(),
            path: percent_decode_str(uri.path()).decode_utf8_lossy().into_owned(),
            path_and_query: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            query: form_urlencoded::parse(query.as_bytes())
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect(),
            headers: request.headers().clone(),
            body: request.body().clone(),
            now: config.clock.now(),
            pace,
            origin: config.origin.clone(),
            fault: None,
            caller: None,
            request_id: config.ids.uuid(),
        }
    }

    /// The path's segments.
    pub fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// The resource in a group that the path begins with, which an endpoint below it is about.
    ///
    /// # Errors
    /// There is none.
    pub fn holder(&self, store: &Store) -> Result<Arc<Resource>, ErrorResponse> {
        let path = format!("/{}", self.segments().get(..HOLDER).unwrap_or_default().join("/"));
        let id: ResourceId = path.parse().map_err(|_| ErrorResponse::invalid_resource_id(&self.path))?;
        store.get(&id).ok_or_else(|| ErrorResponse::resource_not_found(&id))
    }

    /// The value of a query parameter, whatever the letter case of its name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A query parameter that is a number.
    pub fn number(&self, name: &str) -> Result<Option<usize>, ErrorResponse> {
        let Some(text) = self.query(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            let message = format!("The query parameter '{name}' must be a whole number, not '{text}'.");
            ErrorResponse::new(400, "InvalidQueryParameterValue", message)
        })
    }

    /// The value of a header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The api-version; it must be there, and it must be one.
    pub fn version(&self) -> Result<ApiVersion, ErrorResponse> {
        match self.query("api-version").map(str::trim) {
            None | Some("") => Err(ErrorResponse::missing_api_version()),
            Some(text) => text.parse().map_err(|()| ErrorResponse::invalid_api_version(text)),
        }
    }

    /// The api-version as text, empty if it is none.
    pub fn version_text(&self) -> String {
        self.version().map(|version| version.to_string()).unwrap_or_default()
    }

    /// The body as JSON; an empty body is `null`.
    pub fn json(&self) -> Result<Value, ErrorResponse> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        let read =
            serde_json::from_slice(&self.body).or_else(|error| match std::str::from_utf8(&self.body) {
                // Templates are sent as their authors wrote them.
                Ok(text) if self.path.to_ascii_lowercase().contains("/microsoft.resources/deployments/") => {
                    crate::templates::parse_leniently(text)
                }
                _ => Err(error),
            });
        read.map_err(|error| ErrorResponse::invalid_request_content(&error.to_string()))
    }

    /// The caller's object id.
    pub fn object_id(&self) -> &str {
        self.caller.as_ref().map(|caller| caller.object_id.as_str()).unwrap_or_default()
    }

    /// Refuses what is too large to be looked at.
    pub fn check_size(&self) -> Result<(), ErrorResponse> {
        if self.body.len() > MAX_BODY {
            let message = format!("The request content size exceeds the maximum size of {MAX_BODY} bytes.");
            return Err(ErrorResponse::new(413, "RequestContentTooLarge", message));
        }
        if self.path.len() > MAX_PATH {
            return Err(ErrorResponse::new(414, "RequestUriTooLong", "The request URI is too long."));
        }
        Ok(())
    }

    /// What belongs together has the same.
    pub fn correlation(&self) -> &str {
        self.header("x-ms-correlation-request-id").unwrap_or(&self.request_id)
    }

    /// Headers by which client and service find the request in their logs.
    pub fn tracking_headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![
            ("x-ms-request-id", self.request_id.as_str()),
            ("x-ms-correlation-request-id", self.correlation()),
            ("cache-control", "no-cache"),
        ];
        if self.header("x-ms-return-client-request-id") == Some("true") {
            headers.extend(self.header("x-ms-client-request-id").map(|id| ("x-ms-client-request-id", id)));
        }
        headers
            .into_iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?))
            })
            .collect()
    }
}
