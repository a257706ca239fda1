//! A request to Graph, taken apart.

use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::Directory;
use super::error::GraphError;

/// How large a body can be.
const BODY_LIMIT: usize = 1024 * 1024;

/// One request.
pub(super) struct Call<'a> {
    pub(super) directory: &'a Directory,
    request: &'a Request<Bytes>,
    /// The parts of the path, decoded; `applications(appId='…')` is two of them.
    pub(super) segments: Vec<String>,
}

/// How a path names an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    ObjectId(&'a str),
    /// `(appId='…')`
    AppId(&'a str),
}

impl<'a> Call<'a> {
    pub(super) fn new(directory: &'a Directory, request: &'a Request<Bytes>) -> Self {
        let segments = request
            .uri()
            .path()
            .trim_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .flat_map(|segment| match segment.strip_suffix(')').and_then(|segment| segment.split_once('(')) {
                Some((set, key)) => vec![set.to_owned(), key.to_owned()],
                None => vec![segment],
            })
            .collect();
        Self { directory, request, segments }
    }

    pub(super) fn method(&self) -> &Method {
        self.request.method()
    }

    /// The body, which must be a JSON object.
    pub(super) fn json(&self) -> Result<Map<String, Value>, GraphError> {
        let body = self.request.body();
        if body.len() > BODY_LIMIT {
            return Err(GraphError::payload_too_large(BODY_LIMIT));
        }
        if body.is_empty() {
            return Err(GraphError::empty_payload());
        }
        serde_json::from_slice(body).map_err(|_| GraphError::unreadable_payload())
    }

    /// The query's parameters, decoded, in their order.
    pub(super) fn query(&self) -> impl Iterator<Item = (String, String)> {
        let query = self.request.uri().query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned()))
    }

    /// The start of a body: what its `context` describes.
    pub(super) fn context(&self, context: &str) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), json!(format!("{}/$metadata#{context}", self.root())));
        body
    }

    /// This path with another query.
    pub(super) fn link(&self, query: &str) -> String {
        format!("{}{}?{query}", self.origin(), self.request.uri().path())
    }

    pub(super) fn client_request_id(&self) -> Option<&str> {
        let id = self.request.headers().get("client-request-id")?.to_str().ok()?;
        (id.len() <= 64).then_some(id)
    }

    /// `https://{host}/v1.0`
    fn root(&self) -> String {
        format!("{}/{}", self.origin(), self.segments.first().map_or("v1.0", String::as_str))
    }

    /// The origin under the name that the client uses.
    fn origin(&self) -> String {
        let header = self.request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = self.request.uri().authority().map(http::uri::Authority::as_str).or(header);
        format!("https://{}", host.unwrap_or("localhost"))
    }
}

impl<'a> Key<'a> {
    /// Reads a key as it is in a path.
    pub(super) fn read(segment: &'a str) -> Result<Self, GraphError> {
        let quoted = |text: &'a str| text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let app_id = segment.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("appId"));
        if let Some(app_id) = app_id.and_then(|(_, value)| quoted(value)) {
            return Ok(Self::AppId(app_id));
        }
        let id = quoted(segment).unwrap_or(segment);
        if uuid::Uuid::try_parse(id).is_ok() {
            Ok(Self::ObjectId(id))
        } else {
            Err(GraphError::invalid_object_id(id))
        }
    }

    pub(super) fn text(&self) -> &str {
        let (Self::ObjectId(id) | Self::AppId(id)) = *self;
        id
    }
}
