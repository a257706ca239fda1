//! Role assignments: <https://learn.microsoft.com/rest/api/authorization/role-assignments/create>.
//!
//! The principal is the service principal's object id. The name is derived from scope, principal and role, so that
//! the same assignment is never made twice.

use cloud::Node;
use serde_json::json;
use sim::Ids;

use super::{Context, Draft, key, put};
use crate::model::Scope;

const API_VERSION: &str = "2022-04-01";

/// A built-in role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Role {
    pub name: &'static str,
    pub definition: &'static str,
}

/// The built-in roles that a scenario may give, by name:
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>.
pub(crate) const ROLES: &[Role] = &[
    Role { name: "Contributor", definition: "b24988ac-6180-42a0-ab88-20f7382dd24c" },
    Role { name: "Network Contributor", definition: "4d97b98b-1d4f-4787-a291-c67834d212e7" },
    Role { name: "Owner", definition: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" },
    Role { name: "Reader", definition: "acdd72a7-3385-48ef-bd42-f606fba81ae7" },
];

/// The role named `name`.
pub(crate) fn role(name: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.name.eq_ignore_ascii_case(name))
}

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let assignments = context.document.role_assignments.iter();
    assignments
        .filter_map(|wanted| {
            let key = format!("roleAssignment/{}", *wanted.name);
            let title = format!("role {} for {}", *wanted.role, *wanted.principal);
            let draft = draft(context, (key, title), role(&wanted.role)?, *wanted.scope)?;
            Some(draft.done())
        })
        .collect()
}

/// An assignment that the scenario does not have, with its path and api-version: for lessons.
pub(crate) fn assignment(
    context: &Context,
    role: &Role,
    scope: Scope,
    principal_id: &str,
) -> Option<(String, serde_json::Value)> {
    let (scope, _) = context.scope(scope)?;
    let name = Ids::named(&["lesson", scope.as_str(), role.definition, principal_id]);
    let id = scope.provider("Microsoft.Authorization", "roleAssignments", &name);
    let body = json!({"properties": {
        "roleDefinitionId": context.role_definition_id(role),
        "principalId": principal_id,
        "principalType": "ServicePrincipal",
    }});
    Some((format!("{}?api-version={API_VERSION}", id.as_str()), body))
}

fn draft(context: &Context, (key, title): (String, String), role: &Role, scope: Scope) -> Option<Draft> {
    let (scope, scope_key) = context.scope(scope)?;
    let principal = context.document.identity.as_ref()?.application.as_str();
    let name = Ids::named(&[scope.as_str(), principal, role.definition]);
    let id = scope.provider("Microsoft.Authorization", "roleAssignments", &name);
    let body = json!({"properties": {
        "roleDefinitionId": context.role_definition_id(role),
        "principalId": {"$ref": format!("{}.objectId", key::SERVICE_PRINCIPAL)},
        // Without the type Azure looks the principal up, and does not find a new one for a while.
        "principalType": "ServicePrincipal",
    }});
    Some(put(key, title, &id, API_VERSION).body(body).depends([scope_key, key::SERVICE_PRINCIPAL]))
}
