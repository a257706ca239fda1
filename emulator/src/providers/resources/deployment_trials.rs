//! Deployments that are only tried: `validate` and `whatIf`.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if>. Everything is done, looked at,
//! and taken back.
//!
//! **Differs from Azure:** resources that the template does not name are not listed as ignored.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};
use sim::Ids;

use super::deployments::{self, check_location, check_properties, not_valid};
use crate::emulator::Emulator;
use crate::engine::{
    Answer, Call, Resource, Store, Transaction, World, array, authorization, check_group, property, show,
    take, text,
};
use crate::templates::{self, Outcome, Request};

/// How deep deployments may nest.
const DEPTH: usize = 8;

/// Says whether the deployment would succeed.
pub fn validate(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let id = deployment(call)?;
    let mut tx = Store::begin(&emulator.store);
    let outcome = attempt(emulator, call, &mut tx, (&id, "validate/action"))?;
    let tracking = Ids::named(&[id.key(), &call.now.rfc3339()]);
    let mut properties = deployments::result(&outcome, &call.now.rfc3339(), &tracking);
    for result in ["outputs", "outputResources"] {
        take(&mut properties, &[result]);
    }
    properties["provisioningState"] = json!("Succeeded");
    properties["validatedResources"] =
        outcome.resources.iter().map(|id| json!({"id": id.as_str()})).collect();
    let shown = json!({"id": id.as_str(), "name": id.name(), "type": deployments::DEFINITION.name, "properties": properties});
    Ok(Answer::json(200, shown))
}

/// Says what the deployment would change.
pub fn what_if(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let id = deployment(call)?;
    let mut tx = Store::begin(&emulator.store);
    let outcome = attempt(emulator, call, &mut tx, (&id, "whatIf/action"))?;
    let after: Vec<(Arc<Resource>, Value)> = made(&tx, &outcome.resources, 0)
        .into_iter()
        .map(|resource| {
            let shown = show(&resource, &tx);
            (resource, shown)
        })
        .collect();
    // Everything is as before again.
    drop(tx);
    let store = Store::read(&emulator.store);
    let changes: Vec<Value> = after.iter().map(|(resource, shown)| change(&store, resource, shown)).collect();
    let correlation = Ids::named(&[id.key(), &call.now.rfc3339()]);
    let body =
        json!({"status": "Succeeded", "properties": {"correlationId": correlation, "changes": changes}});
    Ok(Answer::json(200, body))
}

fn deployment(call: &Call) -> Result<ResourceId, ErrorResponse> {
    let segments = call.segments();
    let path = segments.split_last().map(|(_, path)| format!("/{}", path.join("/"))).unwrap_or_default();
    path.parse().map_err(|_| ErrorResponse::invalid_resource_id(&call.path))
}

/// Deploys in a transaction that nobody will finish.
fn attempt(
    emulator: &Emulator,
    call: &Call,
    tx: &mut Transaction<'_>,
    (id, action): (&ResourceId, &str),
) -> Result<Outcome, ErrorResponse> {
    authorization::check(tx, call, &deployments::DEFINITION.permission(action), id)?;
    check_group(tx, id)?;
    let body = call.json()?;
    let properties = property(&body, &["properties"]);
    check_location(id, &body, tx.get(id).as_ref().map(|before| &before.body))?;
    check_properties(properties)?;
    let location = text(&body, &["location"]);
    let world = World { config: &emulator.config, directory: &emulator.directory, call };
    let outcome = templates::run(world, tx, &Request { id, properties, location })?;
    match &outcome.failure {
        None => Ok(outcome),
        Some(failure) => Err(not_valid(id.name(), &Ids::named(&[id.key()]), failure)),
    }
}

/// The resources that were made, also by deployments in the deployment.
fn made(store: &Store, ids: &[ResourceId], depth: usize) -> Vec<Arc<Resource>> {
    let mut all = Vec::new();
    for id in ids {
        let Some(found) = crate::providers::definition(&id.resource_type())
            .and_then(|definition| (definition.find)(store, id))
        else {
            continue;
        };
        if found.definition == &deployments::DEFINITION {
            let inner: Vec<ResourceId> = array(found.properties(), &["outputResources"])
                .iter()
                .filter_map(|resource| text(resource, &["id"])?.parse().ok())
                .collect();
            if depth < DEPTH {
                all.extend(made(store, &inner, depth + 1));
            }
        } else {
            all.push(found);
        }
    }
    all
}

fn change(store: &Store, after: &Resource, shown: &Value) -> Value {
    let id = after.id.as_str();
    let Some(before) = (after.definition.find)(store, &after.id) else {
        return json!({"resourceId": id, "changeType": "Create", "after": plain(shown)});
    };
    let old = plain(&show(&before, store));
    // A write that changes nothing leaves the tag.
    if before.etag == after.etag {
        return json!({"resourceId": id, "changeType": "NoChange", "before": old, "after": plain(shown)});
    }
    let new = plain(shown);
    let delta = delta("", &old, &new);
    let kind = if delta.is_empty() { "NoChange" } else { "Modify" };
    json!({"resourceId": id, "changeType": kind, "before": old, "after": new, "delta": delta})
}

/// Without what differs each time.
fn plain(shown: &Value) -> Value {
    let mut shown = shown.clone();
    take(&mut shown, &["etag"]);
    take(&mut shown, &["properties", "provisioningState"]);
    shown
}

/// The properties that differ, with their paths.
fn delta(path: &str, before: &Value, after: &Value) -> Vec<Value> {
    let entry = |path: String, kind: &str, before: Option<&Value>, after: Option<&Value>| json!({"path": path, "propertyChangeType": kind, "before": before, "after": after});
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before == after {
            return Vec::new();
        }
        return vec![entry(path.to_owned(), "Modify", Some(before), Some(after))];
    };
    let at = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
    let mut all: Vec<Value> = gone.map(|(key, value)| entry(at(key), "Delete", Some(value), None)).collect();
    for (key, value) in new {
        match old.get(key) {
            None => all.push(entry(at(key), "Create", None, Some(value))),
            Some(before) => all.extend(delta(&at(key), before, value)),
        }
    }
    all
}
