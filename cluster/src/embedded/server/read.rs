//! `get` and `list`.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>
//!
//! **Differs from Kubernetes:** a continued list goes on in the present state, not in that of its first page.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::Call;
use super::accept::View;
use super::change::Place;
use super::respond::{self, Body};
use super::status::Failure;
use super::table::{self, Columns};
use crate::embedded::kinds::Definition;
use crate::embedded::selector::Selector;
use crate::embedded::store::Object;

/// A list of objects, written without copying them.
#[derive(Serialize)]
struct List {
    kind: String,
    #[serde(rename = "apiVersion")]
    api_version: String,
    metadata: Value,
    items: Vec<Arc<Object>>,
}

/// One object.
pub fn get(call: &Call<'_>, at: Place<'_>) -> Result<Response<Body>, Failure> {
    answer(call, at.of, StatusCode::OK, &*at.find(call.api)?)
}

/// One object, in the form that is asked for.
pub fn answer(
    call: &Call<'_>,
    of: &Definition,
    status: StatusCode,
    object: &Object,
) -> Result<Response<Body>, Failure> {
    let format = call.representation.format;
    Ok(match table::one(call, of, object)? {
        Some(view) => respond::object(status, format, &view),
        None => respond::object(status, format, object),
    })
}

/// The objects of a kind.
pub fn list(
    call: &Call<'_>,
    of: &'static Definition,
    namespace: Option<&str>,
) -> Result<Response<Body>, Failure> {
    let selector = selector(call, of)?;
    let limit = call.query.number("limit")?.filter(|limit| *limit > 0);
    let start = continued(call.query.get("continue"))?;
    let (mut objects, version) = call.api.store.list(of.key(), namespace);
    objects.retain(|object| selector.matches(object));
    if let Some(start) = &start {
        objects.retain(|object| place(object) > *start);
    }
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let left = objects.len().saturating_sub(limit);
    objects.truncate(limit);
    let mut metadata = json!({ "resourceVersion": version.to_string() });
    if let Some(last) = objects.last().filter(|_| left > 0) {
        let (namespace, name) = place(last);
        let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": [namespace, name]}).to_string();
        metadata["continue"] = URL_SAFE_NO_PAD.encode(token).into();
        metadata["remainingItemCount"] = left.into();
    }
    page(call, of, objects, metadata)
}

fn page(
    call: &Call<'_>,
    of: &'static Definition,
    objects: Vec<Arc<Object>>,
    metadata: Value,
) -> Result<Response<Body>, Failure> {
    let format = call.representation.format;
    let value = match call.representation.view {
        View::Object => {
            let (kind, api_version) = (format!("{}List", of.kind), of.api_version());
            let list = List { kind, api_version, metadata, items: objects };
            return Ok(respond::object(StatusCode::OK, format, &list));
        }
        View::Metadata => {
            let items: Vec<Value> = objects.iter().map(|object| table::metadata(object)).collect();
            json!({
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                "items": items,
            })
        }
        View::Table => {
            let objects = objects.iter().map(|object| &**object);
            let how = (table::include(call)?, Columns::Told);
            let mut table = table::table(of, objects, how, call.api.clock.now());
            table["metadata"] = metadata;
            table
        }
        View::Aggregated => return Err(Failure::not_acceptable()),
    };
    Ok(respond::object(StatusCode::OK, format, &value))
}

/// The selectors of a request.
pub fn selector(call: &Call<'_>, of: &Definition) -> Result<Selector, Failure> {
    Selector::parse(call.query.get("labelSelector"), call.query.get("fieldSelector"), of)
        .map_err(Failure::bad_request)
}

fn place(object: &Object) -> (String, String) {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

fn continued(token: &str) -> Result<Option<(String, String)>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let read = || {
        let token: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        Some((token["start"][0].as_str()?.to_owned(), token["start"][1].as_str()?.to_owned()))
    };
    read().map(Some).ok_or_else(Failure::bad_continue)
}
