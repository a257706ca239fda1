//! Both ends of a private link: the private endpoint in a subnet, and the connection at what it leads to, which is
//! approved or rejected there. <https://learn.microsoft.com/azure/private-link/manage-private-endpoint>

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::{private_endpoints, private_link_service_connections, private_link_services};
use crate::engine::{Definition, Draft, Resource, Store, property, set, set_default, text};
use crate::providers::api_management::{private_endpoint_connections, service};

/// How a connection stands.
pub const STATE: &str = "privateLinkServiceConnectionState";

/// The states that the owner of a target can give.
const DECISIONS: [&str; 3] = ["Approved", "Pending", "Rejected"];

/// The type of the connections at a target; `None` for what has none here.
pub fn connections_of(target: &Resource) -> Option<&'static Definition> {
    let targets = [
        (service::DEFINITION.name, &private_endpoint_connections::DEFINITION),
        (private_link_services::DEFINITION.name, &private_link_service_connections::DEFINITION),
    ];
    targets.into_iter().find(|(kind, _)| *kind == target.definition.name).map(|(_, connections)| connections)
}

/// Writes a connection at its target.
pub fn connect(
    draft: &mut Draft<'_, '_>,
    id: ResourceId,
    definition: &'static Definition,
    link: &Value,
    status: &str,
) {
    let before = draft.tx.get(&id).map(|before| before.body.clone());
    let mut body = before.unwrap_or_else(|| {
        let description = if status == "Approved" { "Auto-approved" } else { "" };
        json!({"properties": {STATE: {"status": status, "description": description, "actionsRequired": "None"}}})
    });
    set(&mut body, &["properties", "privateEndpoint"], json!({"id": draft.id.as_str()}));
    set(&mut body, &["properties", "groupIds"], property(link, &["properties", "groupIds"]).clone());
    if draft.tx.get(&id).is_none_or(|before| before.body != body) {
        draft.put_part(id, definition, body);
        draft.changed = true;
    }
}

/// The connection is there: only a private endpoint makes one.
pub fn check_decision(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    if draft.existing.is_none() {
        let message = format!(
            "There is no private endpoint connection '{}': a connection begins with its private endpoint.",
            draft.id.name()
        );
        return Err(ErrorResponse::new(404, "PrivateEndpointConnectionNotFound", message));
    }
    let status = text(draft.properties(), &[STATE, "status"]).unwrap_or_default();
    if DECISIONS.contains(&status) {
        return Ok(());
    }
    let message = format!("The status '{status}' must be one of {}.", DECISIONS.join(", "));
    Err(ErrorResponse::new(400, "InvalidPrivateLinkServiceConnectionState", message))
}

/// What a decision does not say stays as it was.
pub fn complete_decision(draft: &mut Draft<'_, '_>) {
    let before = draft.before().clone();
    for kept in ["privateEndpoint", "groupIds"] {
        let value = property(&before, &[kept]).clone();
        if !value.is_null() {
            set(&mut draft.body, &["properties", kept], value);
        }
    }
    set_default(&mut draft.body, &["properties", STATE, "actionsRequired"], "None");
    set_default(&mut draft.body, &["properties", STATE, "description"], "");
}

/// How the connection of a private endpoint stands: as its target says, `Disconnected` if that is gone.
pub fn state(store: &Store, endpoint: &ResourceId, link: &Value) -> Value {
    let found = connection(store, endpoint, link);
    found.map_or_else(
        || json!({"status": "Disconnected", "description": "", "actionsRequired": "None"}),
        |connection| property(connection.properties(), &[STATE]).clone(),
    )
}

fn connection(store: &Store, endpoint: &ResourceId, link: &Value) -> Option<Arc<Resource>> {
    let target = store.find(text(link, &["properties", "privateLinkServiceId"])?)?;
    store.get(&connection_id(&target, endpoint, link)?)
}

/// The id of the connection that a private endpoint has at its target.
pub fn connection_id(target: &Resource, endpoint: &ResourceId, link: &Value) -> Option<ResourceId> {
    let definition = connections_of(target)?;
    // Private link services add something of the endpoint to the name, so that two subscriptions do not collide.
    let name = text(link, &["name"]).unwrap_or(endpoint.name());
    Some(target.id.child(definition.segment(), name))
}

/// The connections at a target.
pub fn shown(store: &Store, target: &ResourceId, definition: &'static Definition) -> Vec<Value> {
    store.of_type(definition.name, Some(target)).map(|found| crate::engine::show(found, store)).collect()
}

/// Removing a connection disconnects its endpoint; removing an endpoint removes its connections.
pub fn disconnect(store: &Store, endpoint: &Resource) -> Vec<ResourceId> {
    let links = private_endpoints::links(endpoint.properties());
    links
        .filter_map(|(link, _)| connection(store, &endpoint.id, link))
        .filter(|found| {
            text(found.properties(), &["privateEndpoint", "id"])
                .is_some_and(|id| id.eq_ignore_ascii_case(endpoint.id.as_str()))
        })
        .map(|found| found.id.clone())
        .collect()
}
