//! Role definitions: <https://learn.microsoft.com/rest/api/authorization/role-definitions>.
//!
//! **Differs from Azure:** only built-in roles, and of these only some; custom roles are refused.

use std::sync::Arc;

use arm::ResourceId;
use serde_json::json;

use super::built_in::{ROLES, Role};
use crate::engine::{Definition, Fidelity, Resource, Scope, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Authorization/roleDefinitions",
    summary: "A role: a named set of allowed actions.",
    modelled: "2022-04-01",
    scope: Scope::Any,
    verbs: &[Verb::Get, Verb::List],
    refused: &[Verb::Put, Verb::Delete],
    fidelity: Fidelity::Approximate("built-in roles only"),
    find: |_, id| built_in(id.as_str()).map(|role| Arc::new(resource(role, id.subscription_id()))),
    select: |_, _, scope| {
        let subscription = scope.and_then(ResourceId::subscription_id);
        ROLES.iter().map(|role| Arc::new(resource(role, subscription))).collect()
    },
    ..Definition::CHILD
};

/// The built-in role that the last segment of an id names.
pub fn built_in(id: &str) -> Option<&'static Role> {
    let name = id.rsplit('/').next()?;
    ROLES.iter().find(|role| role.id.eq_ignore_ascii_case(name))
}

fn resource(role: &Role, subscription: Option<&str>) -> Resource {
    let scope = subscription.map(|id| format!("/subscriptions/{id}")).unwrap_or_default();
    let id = format!("{scope}/providers/{}/{}", DEFINITION.name, role.id);
    let body = json!({"properties": {
        "roleName": role.name,
        "type": "BuiltInRole",
        "description": role.description,
        "assignableScopes": ["/"],
        "permissions": [{
            "actions": role.actions,
            "notActions": role.not_actions,
            "dataActions": role.data_actions,
            "notDataActions": [],
        }],
    }});
    // Its parts are a valid id, so the way around does not happen.
    let id = id.parse().unwrap_or_else(|_| ResourceId::subscription(role.id));
    Resource::new(id, &DEFINITION, body)
}
