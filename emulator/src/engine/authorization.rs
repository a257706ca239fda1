//! Azure role-based access control: who may do what where.
//!
//! <https://learn.microsoft.com/azure/role-based-access-control/overview>. **Differs from Azure:** assignments are
//! in effect at once; deny assignments, conditions and data actions are not evaluated.

use arm::{ErrorResponse, ResourceId};

use crate::engine::{Call, Resource, Store, text};
use crate::providers::authorization::{role_assignments, role_definitions};

/// Roles at and above `scope` allow the principal the action.
pub fn allows(store: &Store, principal: &str, action: &str, scope: &ResourceId) -> bool {
    assignments(store, principal)
        .filter(|assignment| assignment.id.scope().is_some_and(|granted| scope.is_within(&granted)))
        .any(|assignment| grants(assignment, action))
}

/// The principal has a role somewhere in `scope`.
pub fn sees(store: &Store, principal: &str, scope: &ResourceId) -> bool {
    assignments(store, principal)
        .any(|assignment| assignment.id.scope().is_some_and(|granted| granted.is_within(scope)))
}

/// The role assignments of a principal.
pub fn assignments<'s>(store: &'s Store, principal: &'s str) -> impl Iterator<Item = &'s Resource> {
    store.of_type(role_assignments::DEFINITION.name, None).map(AsRef::as_ref).filter(move |assignment| {
        text(assignment.properties(), &["principalId"]).is_some_and(|id| id.eq_ignore_ascii_case(principal))
    })
}

/// The role of an assignment allows the action.
pub fn grants(assignment: &Resource, action: &str) -> bool {
    text(assignment.properties(), &["roleDefinitionId"])
        .and_then(role_definitions::built_in)
        .is_some_and(|role| role.allows(action))
}

/// Refuses what the caller's roles do not allow.
pub fn check(store: &Store, call: &Call, action: &str, scope: &ResourceId) -> Result<(), ErrorResponse> {
    if allows(store, call.object_id(), action, scope) {
        return Ok(());
    }
    let client = call.caller.as_ref().map(|caller| caller.client_id.as_str()).unwrap_or_default();
    Err(ErrorResponse::authorization_failed(client, call.object_id(), action, scope.as_str()))
}

/// Refuses a write that uses another resource which the caller may not use.
pub fn check_linked(
    store: &Store,
    call: &Call,
    action: &str,
    linked: (&str, &ResourceId),
) -> Result<(), ErrorResponse> {
    let (linked_action, scope) = linked;
    if allows(store, call.object_id(), linked_action, scope) {
        return Ok(());
    }
    let client = call.caller.as_ref().map(|caller| caller.client_id.as_str()).unwrap_or_default();
    let message = format!(
        "The client '{client}' with object id '{}' has permission to perform action '{action}' on scope '{}'; however, it does not have permission to perform action '{linked_action}' on the linked scope(s) '{scope}' or the linked scope(s) are invalid.",
        call.object_id(),
        call.path,
    );
    Err(ErrorResponse::new(403, "LinkedAuthorizationFailed", message))
}

/// `action` matches a pattern in which `*` stands for anything; letter case does not matter.
pub fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some(at) = rest.find(middle) else { return false };
            rest = &rest[at + middle.len()..];
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, action, expected) in [
            ("*", "Microsoft.Network/virtualNetworks/read", true),
            ("*/read", "Microsoft.Network/virtualNetworks/read", true),
            ("*/read", "Microsoft.Network/virtualNetworks/write", false),
            ("Microsoft.Authorization/*/Write", "microsoft.authorization/roleAssignments/write", true),
            ("Microsoft.Authorization/*/Write", "microsoft.authorization/roleAssignments/read", false),
            ("Microsoft.Network/*", "Microsoft.Network/virtualNetworks/subnets/join/action", true),
            ("Microsoft.Network/*", "Microsoft.NetworkX/a/read", false),
            ("a/read", "a/read", true),
            ("a/read", "a/read/action", false),
            ("*/a*/b", "x/ab/b", true),
        ] {
            assert_eq!(matches(pattern, action), expected, "{pattern} {action}");
        }
    }
}
