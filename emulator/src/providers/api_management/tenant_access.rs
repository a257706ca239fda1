//! Access to the direct management API and to Git:
//! <https://learn.microsoft.com/rest/api/apimanagement/tenant-access>.
//!
//! **Differs from Azure:** neither exists here, so access is always disabled and has no keys.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::{Action, Answer, Definition, Fidelity, Listing, Names, Resource, Verb};

const NAMES: &[&str] = &["access", "gitAccess"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/tenant",
    summary: "Access to the direct management API and to Git.",
    modelled: "2024-05-01",
    names: Names::Fixed(NAMES),
    verbs: &[Verb::Get, Verb::Head, Verb::List],
    refused: &[Verb::Put, Verb::Patch],
    actions: &[Action {
        name: "listSecrets",
        permission: "listSecrets/action",
        run: |call| {
            let id = call.resource.id.name();
            let none = Value::Null;
            Ok(Answer::json(
                200,
                json!({"id": id, "principalId": none, "primaryKey": none, "secondaryKey": none, "enabled": false}),
            ))
        },
        ready: |_, _| true,
    }],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("always disabled"),
    find: |store, id| {
        store.get(&id.parent()?)?;
        let name = NAMES.iter().find(|name| name.eq_ignore_ascii_case(id.name()))?;
        let body = json!({"properties": {"id": name, "principalId": null, "enabled": false}});
        Some(Arc::new(Resource::new(id.clone(), &DEFINITION, body)))
    },
    select: |store, definition, scope| {
        let Some(service) = scope else { return Vec::new() };
        NAMES.iter().filter_map(|name| (definition.find)(store, &service.child("tenant", name))).collect()
    },
    ..Definition::CHILD
};
