//! Directory objects whose type the client does not know.
//! <https://learn.microsoft.com/graph/api/directoryobject-getbyids>

use http::Method;
use serde_json::Value;

use super::answer::Answer;
use super::call::{Call, Key};
use super::error::GraphError;
use super::query;

/// How many ids one request can ask for.
const LIMIT: usize = 1000;

pub(super) fn answer(call: &Call<'_>, rest: &[&str]) -> Result<Answer, GraphError> {
    match (call.method(), rest) {
        (&Method::POST, [action]) if is_get_by_ids(action) => get_by_ids(call),
        (_, [action]) if is_get_by_ids(action) => Err(GraphError::method_not_allowed()),
        (&Method::GET, [id]) => read(call, &Key::read(id)?),
        _ => Err(GraphError::not_implemented("This request on directoryObjects")),
    }
}

fn is_get_by_ids(action: &str) -> bool {
    ["getByIds", "microsoft.graph.getByIds"].iter().any(|name| name.eq_ignore_ascii_case(action))
}

fn read(call: &Call<'_>, key: &Key<'_>) -> Result<Answer, GraphError> {
    let options = query::Options::read(call, None)?;
    let state = call.directory.state();
    let object = state.get(key.text()).ok_or_else(|| GraphError::object_not_found(key.text(), None))?;
    let view = options.select(object.typed_view(&state));
    Ok(Answer::Entity {
        status: 200,
        context: options.entity_context("directoryObjects"),
        view: Value::Object(view),
    })
}

fn get_by_ids(call: &Call<'_>) -> Result<Answer, GraphError> {
    let body = call.json()?;
    let ids = texts(body.get("ids")).ok_or_else(|| GraphError::required("ids", "DirectoryObject"))?;
    if ids.is_empty() || ids.len() > LIMIT {
        return Err(GraphError::invalid_value("ids", "DirectoryObject"));
    }
    if let Some(id) = ids.iter().find(|id| uuid::Uuid::try_parse(id).is_err()) {
        return Err(GraphError::invalid_object_id(id));
    }
    let types = texts(body.get("types")).unwrap_or_default();
    let state = call.directory.state();
    let mut value: Vec<Value> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for object in ids.iter().filter_map(|id| state.get(id)) {
        if is_of(object.entity.odata_type, &types) && seen.insert(&object.id) {
            value.push(Value::Object(object.typed_view(&state)));
        }
    }
    Ok(Answer::Collection { context: "directoryObjects".to_owned(), count: None, next_link: None, value })
}

/// Whether an object's type is among those asked for; none asked for means all.
fn is_of(odata_type: &str, types: &[&str]) -> bool {
    let name = odata_type.trim_start_matches("#microsoft.graph.");
    types.is_empty()
        || types.iter().any(|t| t.eq_ignore_ascii_case(name) || t.eq_ignore_ascii_case("directoryObject"))
}

fn texts(value: Option<&Value>) -> Option<Vec<&str>> {
    value?.as_array()?.iter().map(Value::as_str).collect()
}
