//! Owners of applications and service principals: references to other directory objects.
//! <https://learn.microsoft.com/graph/api/application-list-owners>
//!
//! **Differs from Azure:** whoever creates an object is its owner only if the request says so.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::{Call, Key};
use super::entity::{Definition, find};
use super::error::GraphError;
use super::object::Object;
use super::query;
use super::state::{State, Write};

const BINDING: &str = "owners@odata.bind";

/// How many owners one object can have.
const LIMIT: usize = 100;

/// `GET /{set}/{id}/owners`.
pub(super) fn list(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
) -> Result<Answer, GraphError> {
    let options = query::Options::read(call, None)?;
    let state = call.directory.state();
    let mut owners = find(&state, entity, key)?.owners.clone();
    owners.sort_unstable();
    let owners = owners.iter().filter_map(|id| state.get(id));
    let found: Vec<_> = owners.map(|owner| owner.typed_view(&state)).collect();
    Ok(options.page(call, "directoryObjects", &found))
}

/// `POST /{set}/{id}/owners/$ref`.
pub(super) async fn add(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
) -> Result<Answer, GraphError> {
    let body = call.json()?;
    let reference = body.get("@odata.id").and_then(Value::as_str);
    let owner = reference.and_then(referenced).ok_or_else(|| GraphError::required("@odata.id", "owners"))?;
    call.directory
        .write(|state| {
            let mut object = find(state, entity, key)?.clone();
            let owners = existing(state, vec![owner])?;
            if owners.iter().any(|owner| object.owners.contains(owner)) {
                return Err(GraphError::reference_exists("owners"));
            }
            if object.owners.len() >= LIMIT {
                return Err(GraphError::quota_exceeded("owners"));
            }
            object.owners.extend(owners);
            Ok((vec![Write::Put(object)], ()))
        })
        .await?;
    Ok(Answer::NoContent)
}

/// `DELETE /{set}/{id}/owners/{owner}/$ref`.
pub(super) async fn remove(
    call: &Call<'_>,
    (entity, key): (&'static Definition, &Key<'_>),
    owner: &str,
) -> Result<Answer, GraphError> {
    call.directory
        .write(|state| {
            let mut object = find(state, entity, key)?.clone();
            let before = object.owners.len();
            object.owners.retain(|id| !id.eq_ignore_ascii_case(owner));
            if object.owners.len() == before {
                return Err(GraphError::object_not_found(owner, None));
            }
            Ok((vec![Write::Put(object)], ()))
        })
        .await?;
    Ok(Answer::NoContent)
}

/// Takes the owners that a new object is given out of its body.
pub(super) fn bound(body: &mut Map<String, Value>) -> Result<Vec<String>, GraphError> {
    let invalid = || GraphError::invalid_value(BINDING, "owners");
    let Some(bound) = body.remove(BINDING) else { return Ok(Vec::new()) };
    let bound = bound.as_array().filter(|bound| bound.len() <= LIMIT).ok_or_else(invalid)?;
    bound.iter().map(|url| url.as_str().and_then(referenced).ok_or_else(invalid)).collect()
}

/// The owners' ids as the directory spells them, each once; an error if there is no such object.
pub(super) fn existing(state: &State, ids: Vec<String>) -> Result<Vec<String>, GraphError> {
    let mut owners: Vec<String> = Vec::new();
    for id in ids {
        let owner = state.get(&id).ok_or_else(|| GraphError::object_not_found(&id, None))?;
        if !owners.contains(&owner.id) {
            owners.push(owner.id.clone());
        }
    }
    Ok(owners)
}

/// The objects that lose an owner when these go, without it.
pub(super) fn without(state: &State, gone: &[String]) -> Vec<Object> {
    let owned = super::ENTITIES.into_iter().flat_map(|entity| state.set(entity));
    owned
        .filter(|object| !gone.contains(&object.id) && object.owners.iter().any(|owner| gone.contains(owner)))
        .map(|object| {
            let mut object = object.clone();
            object.owners.retain(|owner| !gone.contains(owner));
            object
        })
        .collect()
}

/// The id at the end of a reference such as `https://…/v1.0/directoryObjects/{id}`.
fn referenced(url: &str) -> Option<String> {
    let id = url.trim_end_matches('/').rsplit('/').next()?;
    uuid::Uuid::try_parse(id).is_ok().then(|| id.to_owned())
}
