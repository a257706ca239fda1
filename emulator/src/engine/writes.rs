//! PUT and PATCH.

use std::sync::Arc;

use arm::{ErrorResponse, ProvisioningState, ResourceId};
use serde_json::Value;

use crate::engine::{
    Answer, Definition, Draft, Kind, Operation, Resource, Status, Store, Tracking, Transaction, World, etag,
    merge, normalize_location, operation_headers, take, text,
};

/// Fields that clients send back as they got them.
const READ_ONLY: &[&str] = &["id", "name", "type", "etag", "systemData"];

/// Creates or replaces a resource.
pub fn put(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    id: &ResourceId,
    definition: &'static Definition,
) -> Result<Answer, ErrorResponse> {
    let existing = (definition.find)(tx, id);
    if existing.is_none() {
        definition.check_name(id.name())?;
        check_parent(tx, id, definition)?;
    }
    let body = match world.call.json()? {
        Value::Null => Value::Object(serde_json::Map::new()),
        body @ Value::Object(_) => body,
        _ => return Err(ErrorResponse::invalid_request_content("The body must be a JSON object.")),
    };
    let created = definition.answers.created;
    let status = if existing.is_some() { definition.answers.replaced } else { created };
    write(draft(world, tx, existing, (id, definition, body))?, status)
}

/// Merges changes into a resource.
pub fn patch(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    id: &ResourceId,
    definition: &'static Definition,
) -> Result<Answer, ErrorResponse> {
    let Some(existing) = (definition.find)(tx, id) else {
        check_parent(tx, id, definition)?;
        return Err(ErrorResponse::resource_not_found(id));
    };
    let changes = world.call.json()?;
    if !changes.is_object() {
        return Err(ErrorResponse::invalid_request_content("The body must be a JSON object."));
    }
    let mut body = existing.body.clone();
    merge(&mut body, &changes);
    write(draft(world, tx, Some(existing), (id, definition, body))?, definition.answers.patched)
}

fn draft<'d, 's>(
    world: World<'d>,
    tx: &'d mut Transaction<'s>,
    existing: Option<Arc<Resource>>,
    (id, definition, body): (&ResourceId, &'static Definition, Value),
) -> Result<Draft<'d, 's>, ErrorResponse> {
    etag::check(world.call, existing.as_deref())?;
    check_idle(tx, existing.as_deref(), id)?;
    Ok(Draft {
        // The first request decides on the letter case.
        id: existing.as_ref().map_or_else(|| id.clone(), |existing| existing.id.clone()),
        definition,
        body,
        existing,
        version: world.call.version()?,
        world,
        tx,
        changed: false,
        takes: std::time::Duration::ZERO,
        failure: None,
    })
}

/// Checks, completes and stores a draft, and begins the operation that makes it real.
fn write(mut draft: Draft<'_, '_>, status: u16) -> Result<Answer, ErrorResponse> {
    let definition = draft.definition;
    for field in READ_ONLY {
        take(&mut draft.body, &[field]);
    }
    take(&mut draft.body, &["properties", "provisioningState"]);
    if definition.tracking == Tracking::Tracked {
        check_location(&mut draft)?;
    }
    (definition.defaults)(&mut draft)?;
    (definition.check)(&draft)?;

    let before = draft.existing.clone().filter(|before| !before.etag.is_empty());
    let mut resource = Resource::new(draft.id.clone(), definition, draft.body.clone());
    resource.etag = draft.world.config.ids.hex(16);
    let mut operation = begin(&draft, before.as_deref(), &mut resource);
    draft.tx.put(resource);
    (definition.provision)(&mut draft)?;
    if let Some(operation) = &mut operation {
        operation.extend(draft.takes, draft.world.call);
        operation.error = draft.failure.take();
        operation.suffer(draft.world.call);
    }
    let after = draft.tx.get(&draft.id);
    let same = before.as_ref().zip(after).is_some_and(|(before, after)| before.body == after.body);

    match (before, operation) {
        (Some(before), _) if same && !draft.changed => {
            // Nothing changed: no new ETag, nothing to wait for.
            draft.tx.put(before.as_ref().clone());
            Ok(Answer::resource(status, &before, draft.tx))
        }
        (_, Some(operation)) => Ok(announce(&mut draft, &operation, status)),
        (_, None) => Ok(stored(&draft, status)),
    }
}

/// Begins the operation that makes the resource what was asked for, if that takes time.
fn begin(draft: &Draft<'_, '_>, before: Option<&Resource>, resource: &mut Resource) -> Option<Operation> {
    let long_running = draft.definition.long_running;
    let (kind, timing) = match before {
        None => (Kind::Create, long_running.create?),
        // Tags alone take no time.
        Some(before) if differs_in_tags_only(&before.body, &resource.body) => return None,
        Some(_) => (Kind::Update, long_running.update?),
    };
    let id = draft.world.config.ids.uuid();
    resource.state =
        if kind == Kind::Create { ProvisioningState::Creating } else { ProvisioningState::Updating };
    resource.label = Some(timing.state.to_owned());
    resource.previous = before.map(|before| before.body.clone());
    resource.operation = Some(id.clone());
    Some(Operation::begin(id, kind, resource, timing, draft.world.call))
}

fn differs_in_tags_only(before: &Value, after: &Value) -> bool {
    let without_tags = |value: &Value| {
        let mut value = value.clone();
        take(&mut value, &["tags"]);
        value
    };
    before != after && without_tags(before) == without_tags(after)
}

fn announce(draft: &mut Draft<'_, '_>, operation: &Operation, status: u16) -> Answer {
    let call = draft.world.call;
    // PATCH answers 202 while its operation runs.
    let status = if call.method == http::Method::PATCH { 202 } else { status };
    draft.tx.put_operation(operation.clone());
    if operation.is_due(call.now) {
        complete(draft.world.config, draft.tx, operation);
    }
    let answer = stored(draft, status);
    match (draft.definition.find)(draft.tx, &draft.id) {
        Some(resource) => operation_headers(answer, operation, &resource, call),
        None => answer,
    }
}

fn stored(draft: &Draft<'_, '_>, status: u16) -> Answer {
    match (draft.definition.find)(draft.tx, &draft.id) {
        Some(resource) => Answer::resource(status, &resource, draft.tx),
        None => Answer::empty(status),
    }
}

/// Ends an operation whose time has come.
pub fn complete(config: &crate::Config, tx: &mut Transaction<'_>, operation: &Operation) {
    let found = operation.resource.parse::<ResourceId>().ok().and_then(|id| tx.get(&id));
    if let Some(resource) = found.filter(|resource| resource.operation.as_ref() == Some(&operation.id)) {
        if operation.kind == Kind::Delete && operation.error.is_none() {
            crate::engine::complete_delete(config, tx, &resource);
        } else {
            let mut ready = resource.as_ref().clone();
            ready.state = if operation.error.is_some() {
                ProvisioningState::Failed
            } else {
                ProvisioningState::Succeeded
            };
            (ready.label, ready.previous, ready.operation) = (None, None, None);
            tx.put(ready);
        }
    }
    let status = if operation.error.is_some() { Status::Failed } else { Status::Succeeded };
    tx.put_operation(Operation { status, ..operation.clone() });
}

/// The resource group and the parents exist and stay.
pub fn check_parent(store: &Store, id: &ResourceId, definition: &Definition) -> Result<(), ErrorResponse> {
    check_group(store, id)?;
    if definition.scope != crate::engine::Scope::Parent {
        return Ok(());
    }
    match id.parent() {
        Some(parent) if !exists(store, &parent) => Err(ErrorResponse::parent_resource_not_found(id, &parent)),
        _ => Ok(()),
    }
}

/// There is such a resource, stored or made when it is asked for.
pub fn exists(store: &Store, id: &ResourceId) -> bool {
    let definition = crate::providers::definition(&id.resource_type());
    store.get(id).is_some() || definition.is_some_and(|definition| (definition.find)(store, id).is_some())
}

/// The resource group that holds the resource exists and stays.
pub fn check_group(store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    let Some(group_id) = id.resource_group_id().filter(|group| group != id) else { return Ok(()) };
    match store.get(&group_id) {
        Some(_) => Ok(()),
        None => Err(ErrorResponse::resource_group_not_found(group_id.name())),
    }
}

/// Neither the resource nor one of its parents is in the middle of another operation.
pub fn check_idle(store: &Store, existing: Option<&Resource>, id: &ResourceId) -> Result<(), ErrorResponse> {
    if let Some(resource) = existing.filter(|resource| resource.operation.is_some()) {
        return Err(ErrorResponse::another_operation_in_progress(id, &resource.state_label()));
    }
    let mut parent = id.parent();
    while let Some(at) = parent {
        if let Some(resource) = store.get(&at).filter(|resource| resource.operation.is_some()) {
            if at.resource_type().is("Microsoft.Resources/resourceGroups") {
                let message = format!(
                    "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
                    at.name()
                );
                return Err(ErrorResponse::new(409, "ResourceGroupBeingDeleted", message));
            }
            return Err(ErrorResponse::another_operation_in_progress(&at, &resource.state_label()));
        }
        parent = at.parent();
    }
    Ok(())
}

fn check_location(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let kind = draft.definition.name;
    let before =
        draft.existing.as_ref().and_then(|before| text(&before.body, &["location"]).map(str::to_owned));
    let Some(wanted) = text(&draft.body, &["location"]).map(str::to_owned).or_else(|| before.clone()) else {
        let message = "The location property is required for this definition.";
        return Err(ErrorResponse::new(400, "LocationRequired", message));
    };
    let location = normalize_location(&wanted, kind)?;
    if let Some(before) = before.filter(|before| before != location) {
        let group = kind == "Microsoft.Resources/resourceGroups";
        let (code, what) = if group {
            ("InvalidResourceGroupLocation", "resource group")
        } else {
            ("InvalidResourceLocation", "resource")
        };
        let message = format!(
            "The {what} '{}' already exists in location '{before}'. A {what} with the same name cannot be created in location '{location}'. Please select a new resource name.",
            draft.id.name()
        );
        return Err(ErrorResponse::new(409, code, message));
    }
    crate::engine::set(&mut draft.body, &["location"], location);
    Ok(())
}
