//! GET, HEAD and lists.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::Value;

use crate::engine::answer::show;
use crate::engine::writes::{check_group, check_parent, exists};
use crate::engine::{Answer, Call, Definition, Filter, Listing, Resource, Scope, Store, authorization, page};

/// Reads a resource.
pub fn read(
    store: &Store,
    call: &Call,
    id: &ResourceId,
    definition: &'static Definition,
) -> Result<Answer, ErrorResponse> {
    let resource = find(store, id, definition)?;
    crate::providers::check_read(definition, call)?;
    let mut answer = Answer::resource(200, &resource, store);
    if let Some(body) = &mut answer.body {
        crate::providers::adapt(definition, call, id, body);
    }
    Ok(answer)
}

/// Says whether a resource exists.
pub fn head(
    store: &Store,
    id: &ResourceId,
    definition: &'static Definition,
) -> Result<Answer, ErrorResponse> {
    let resource = find(store, id, definition)?;
    let answer = Answer::empty(definition.answers.found);
    Ok(if resource.etag.is_empty() {
        answer
    } else {
        answer.header("etag", &format!("\"{}\"", resource.etag))
    })
}

/// Reads all resources of a type in a scope that the caller may see.
pub fn list(
    store: &Store,
    call: &Call,
    scope: Option<&ResourceId>,
    definition: &'static Definition,
) -> Result<Answer, ErrorResponse> {
    let action = definition.permission("read");
    let found: Vec<Arc<Resource>> = (definition.select)(store, definition, scope);
    let found: Vec<Arc<Resource>> = match scope {
        // In a subscription everybody sees what they may see, be it nothing.
        Some(id) if id.resource_group().is_none() && definition.scope != Scope::Any => found
            .into_iter()
            .filter(|resource| authorization::allows(store, call.object_id(), &action, &resource.id))
            .collect(),
        Some(id) => {
            authorization::check(store, call, &action, id)?;
            check_scope(store, id, definition)?;
            found
        }
        None => found,
    };
    let (found, filter) = match (definition.narrow, call.query("$filter")) {
        (Some(narrow), Some(_)) => (narrow(call, scope, found)?, None),
        (None, Some(text)) => (found, Some(Filter::parse(text)?)),
        (_, None) => (found, None),
    };
    let items: Vec<Value> = found
        .iter()
        .map(|resource| show(resource, store))
        .filter(|item| filter.as_ref().is_none_or(|filter| filter.accepts(item)))
        .collect();
    page(call, items, definition.listing == Listing::Counted)
}

fn check_scope(store: &Store, scope: &ResourceId, definition: &Definition) -> Result<(), ErrorResponse> {
    if definition.scope == Scope::Parent && !exists(store, scope) {
        check_group(store, scope)?;
        return Err(ErrorResponse::resource_not_found(scope));
    }
    let group = scope.resource_group_id();
    match group {
        Some(group) if store.get(&group).is_none() => {
            Err(ErrorResponse::resource_group_not_found(group.name()))
        }
        _ => Ok(()),
    }
}

fn find(
    store: &Store,
    id: &ResourceId,
    definition: &'static Definition,
) -> Result<Arc<Resource>, ErrorResponse> {
    if let Some(resource) = (definition.find)(store, id) {
        return Ok(resource);
    }
    if definition.segment() == "resourceGroups" {
        return Err(ErrorResponse::resource_group_not_found(id.name()));
    }
    match check_parent(store, id, definition) {
        Err(error) if error.error.code == "ResourceGroupNotFound" => Err(error),
        // What has no parent is not found itself.
        _ => Err(ErrorResponse::resource_not_found(id)),
    }
}
