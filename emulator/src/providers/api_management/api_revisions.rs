//! Revisions of an API: <https://learn.microsoft.com/rest/api/apimanagement/api-revision>.
//!
//! The current revision is stored as `apis/{name}`, each other one as `apis/{name};rev={revision}` with operations,
//! policies and schemas of its own. `apis/{name};rev={revision}` also leads to the current one.
//!
//! **Differs from Azure:** the times of creation and of the last change are not shown.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::{api_releases, apis};
use crate::engine::{
    Call, Definition, Draft, Fidelity, Listing, Resource, Store, Transaction, Verb, set, text,
};

/// What marks a revision in the name of an API.
const MARK: &str = ";rev=";

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/revisions",
    summary: "What is known of each revision of an API.",
    modelled: "2024-05-01",
    verbs: &[Verb::List],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("without the times of creation and change"),
    select,
    view,
    ..Definition::CHILD
};

fn select(store: &Store, _: &'static Definition, api: Option<&ResourceId>) -> Vec<Arc<Resource>> {
    let Some((service, api)) = api.and_then(|api| Some((api.parent()?, api))) else { return Vec::new() };
    let row = |found: Arc<Resource>| {
        Arc::new(Resource::new(found.id.child("revisions", number(&found)), &DEFINITION, found.body.clone()))
    };
    all(store, &service, split(api.name()).0).into_iter().map(row).collect()
}

fn view(revision: &Resource, _: &Store, shown: &mut Value) {
    let properties = revision.properties();
    let own = |name: &str| text(properties, &[name]).unwrap_or_default();
    let name = revision.id.parent().map(|api| split(api.name()).0.to_owned()).unwrap_or_default();
    let number = own("apiRevision");
    *shown = json!({
        "apiId": format!("/apis/{name}{MARK}{number}"),
        "apiRevision": number,
        "description": own("apiRevisionDescription"),
        "privateUrl": format!("/{}{MARK}{number}", own("path")),
        "isOnline": true,
        "isCurrent": is_current(revision),
    });
}

/// The name of an API and the revision in it.
pub fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once(MARK) {
        Some((name, revision)) => (name, Some(revision)),
        None => (name, None),
    }
}

/// The revision that a stored API is.
pub fn number(api: &Resource) -> &str {
    text(api.properties(), &["apiRevision"]).unwrap_or("1")
}

/// Requests that name no revision come to this one.
pub fn is_current(api: &Resource) -> bool {
    api.properties().get("isCurrent").and_then(Value::as_bool).unwrap_or(true)
}

/// All revisions of the API with this name, the current one first.
pub fn all(store: &Store, service: &ResourceId, name: &str) -> Vec<Arc<Resource>> {
    let mut found = store.within(&apis::DEFINITION, Some(service));
    found.retain(|api| split(api.id.name()).0.eq_ignore_ascii_case(name));
    found.sort_by_key(|api| !is_current(api));
    found
}

/// The path under which things are stored: that of the current revision does not name it.
pub fn canonical(store: &Store, path: &str) -> String {
    if !path.contains(MARK) {
        return path.to_owned();
    }
    let mut found = String::with_capacity(path.len());
    let mut after_apis = false;
    for (at, segment) in path.split('/').enumerate() {
        let (name, revision) = split(segment);
        let current = after_apis
            && revision.is_some_and(|revision| {
                store.find(&format!("{found}/{name}")).is_none_or(|api| number(&api) == revision)
            });
        if at > 0 {
            found.push('/');
        }
        found.push_str(if current { name } else { segment });
        after_apis = segment.eq_ignore_ascii_case("apis");
    }
    found
}

/// A client that asks for `name;rev=1` reads that name.
pub fn under_asked_name(call: &Call, id: &ResourceId, body: &mut Value) {
    let Some(asked) = asked(call) else { return };
    if let Some(parent) = id.parent() {
        set(body, &["id"], format!("{parent}/apis/{asked}"));
        set(body, &["name"], asked);
    }
}

/// The name of the API in a request, if it names a revision.
fn asked(call: &Call) -> Option<String> {
    call.segments().last().filter(|last| last.contains(MARK)).map(|last| (*last).to_owned())
}

/// Says which revision a new API is, and takes from the API that it is made from what the request leaves out.
pub fn begin(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let name = draft.id.name().to_owned();
    let asked = asked(draft.world.call);
    let named = split(&name).1.or_else(|| split(asked.as_deref()?).1).map(str::to_owned);
    if let Some(before) = &draft.existing {
        let revision = number(before).to_owned();
        set(&mut draft.body, &["properties", "apiRevision"], revision);
        let current = is_current(before);
        set(&mut draft.body, &["properties", "isCurrent"], current);
        return Ok(());
    }
    if let Some(named) = named {
        set(&mut draft.body, &["properties", "apiRevision"], named);
    }
    set(&mut draft.body, &["properties", "isCurrent"], !name.contains(MARK));
    let Some(source) = origin(draft)? else { return Ok(()) };
    let is_revision = name.contains(MARK);
    let taken = source.properties().as_object().cloned().unwrap_or_default();
    let Some(own) = draft.body.get_mut("properties").and_then(Value::as_object_mut) else { return Ok(()) };
    for (field, value) in taken {
        let taken = match field.as_str() {
            "apiRevisionDescription" | "apiVersionDescription" => false,
            // A revision is one of the same version, at the same path.
            "apiVersion" => is_revision,
            "path" if is_revision => true,
            _ => own.get(&field).is_none_or(Value::is_null),
        };
        if taken {
            own.insert(field, value);
        }
    }
    Ok(())
}

/// The API that a new one is made from: the one that `sourceApiId` names, or the current revision.
fn origin(draft: &Draft<'_, '_>) -> Result<Option<Arc<Resource>>, ErrorResponse> {
    if let Some(source) = source(draft)? {
        return Ok(Some(source));
    }
    let (name, revision) = split(draft.id.name());
    let Some(service) = draft.id.parent().filter(|_| revision.is_some()) else { return Ok(None) };
    Ok(draft.tx.get(&service.child("apis", name)))
}

/// The API that `sourceApiId` names.
fn source(draft: &Draft<'_, '_>) -> Result<Option<Arc<Resource>>, ErrorResponse> {
    let Some(written) = text(draft.properties(), &["sourceApiId"]) else { return Ok(None) };
    let name = written.rsplit('/').next().unwrap_or_default();
    match draft.id.parent().and_then(|service| named(draft.tx, &service, name)) {
        Some(found) => Ok(Some(found)),
        None => Err(unknown(name)),
    }
}

/// The stored API with this name, which may name a revision.
pub fn named(store: &Store, service: &ResourceId, name: &str) -> Option<Arc<Resource>> {
    store.find(&canonical(store, service.child("apis", name).as_str()))
}

/// There is no such API.
pub fn unknown(name: &str) -> ErrorResponse {
    ErrorResponse::new(400, "ValidationError", format!("API with specified ID '{name}' not found."))
}

/// Gives a new API the operations, policies and schemas of the one that it was made from.
pub fn copy_parts(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(source) = source(draft)?.filter(|source| draft.existing.is_none() && source.id != draft.id)
    else {
        return Ok(());
    };
    for part in parts(draft.tx, &source.id) {
        if let Some(id) = moved(&part.id, &source.id, &draft.id).filter(|id| draft.tx.get(id).is_none()) {
            draft.tx.put(Resource { id, ..part.as_ref().clone() });
        }
    }
    Ok(())
}

/// Makes a revision the current one; the one that was becomes one of the others.
pub fn make_current(tx: &mut Transaction<'_>, service: &ResourceId, name: &str) -> Result<(), ErrorResponse> {
    let wanted = named(tx, service, name).ok_or_else(|| unknown(name))?;
    if is_current(&wanted) {
        return Ok(());
    }
    let front = service.child("apis", split(name).0);
    let current = tx.get(&front).ok_or_else(|| unknown(name))?;
    let aside = service.child("apis", &format!("{}{MARK}{}", current.id.name(), number(&current)));
    let leaving = tree(tx, &current);
    let coming = tree(tx, &wanted);
    for resource in leaving.iter().chain(&coming) {
        tx.remove(&resource.id);
    }
    for (resources, from, to) in [(leaving, &current.id, &aside), (coming, &wanted.id, &current.id)] {
        for resource in resources {
            let Some(id) = moved(&resource.id, from, to) else { continue };
            let mut resource = Resource { id, ..resource.as_ref().clone() };
            if resource.id == *to {
                set(&mut resource.body, &["properties", "isCurrent"], *from == wanted.id);
            }
            tx.put(resource);
        }
    }
    Ok(())
}

/// An API and its parts.
fn tree(store: &Store, api: &Arc<Resource>) -> Vec<Arc<Resource>> {
    std::iter::once(Arc::clone(api)).chain(parts(store, &api.id)).collect()
}

/// What is below an API and belongs to one revision: releases belong to all.
fn parts(store: &Store, api: &ResourceId) -> Vec<Arc<Resource>> {
    let releases = &api_releases::DEFINITION;
    store.below(api).filter(|part| part.definition.name != releases.name).cloned().collect()
}

fn moved(id: &ResourceId, from: &ResourceId, to: &ResourceId) -> Option<ResourceId> {
    let rest = id.as_str().get(from.as_str().len()..)?;
    format!("{to}{rest}").parse().ok()
}
