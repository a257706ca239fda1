//! The `identity` of a resource: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview>.

use arm::ErrorResponse;
use serde_json::{Map, Value, json};

use super::user_assigned_identities;
use crate::engine::{Draft, authorization, property, set, take, text};

/// Which kinds of identity a body asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// One of its own.
    pub system: bool,
    /// Some that exist.
    pub user: bool,
}

/// The kinds that `identity.type` names.
pub fn kinds(body: &Value) -> Result<Kinds, ErrorResponse> {
    let written = text(body, &["identity", "type"]).unwrap_or("None");
    let mut kinds = Kinds { system: false, user: false };
    for part in written.split(',').map(str::trim) {
        match part.to_ascii_lowercase().as_str() {
            "systemassigned" => kinds.system = true,
            "userassigned" => kinds.user = true,
            "none" => {}
            _ => {
                let message = format!("The identity type '{written}' is not valid.");
                return Err(ErrorResponse::new(400, "InvalidIdentityType", message).target("identity.type"));
            }
        }
    }
    Ok(kinds)
}

/// Gives the resource the identities that it asks for, and keeps those that it has.
pub fn fill(draft: &mut Draft<'_, '_>) -> Result<Kinds, ErrorResponse> {
    let kinds = kinds(&draft.body)?;
    if kinds.system {
        let path = ["identity", "principalId"];
        let kept = draft.existing.as_ref().and_then(|before| text(&before.body, &path)).map(str::to_owned);
        let principal = kept.unwrap_or_else(|| draft.world.config.ids.uuid());
        set(&mut draft.body, &path, principal);
        set(&mut draft.body, &["identity", "tenantId"], draft.world.config.seed.tenant_id.as_str());
    } else {
        take(&mut draft.body, &["identity", "principalId"]);
        take(&mut draft.body, &["identity", "tenantId"]);
    }
    if kinds.user {
        let assigned = user_assigned(draft)?;
        set(&mut draft.body, &["identity", "userAssignedIdentities"], Value::Object(assigned));
    } else {
        take(&mut draft.body, &["identity", "userAssignedIdentities"]);
    }
    if !kinds.system && !kinds.user {
        take(&mut draft.body, &["identity"]);
    }
    Ok(kinds)
}

/// The named identities with their ids; they exist, and the caller may assign them.
fn user_assigned(draft: &Draft<'_, '_>) -> Result<Map<String, Value>, ErrorResponse> {
    let named = property(&draft.body, &["identity", "userAssignedIdentities"]).as_object();
    let named: Vec<&String> = named.into_iter().flat_map(Map::keys).collect();
    if named.is_empty() {
        let message =
            "The resource identity ids are required for the identity type 'UserAssigned'.".to_owned();
        return Err(ErrorResponse::new(400, "InvalidIdentityValues", message));
    }
    let mut assigned = Map::new();
    for id in named {
        let definition = &user_assigned_identities::DEFINITION;
        let Some(identity) = draft.tx.find(id).filter(|found| found.definition == definition) else {
            let message = format!(
                "Identity operation for resource '{}' failed: the user-assigned identity '{id}' was not found.",
                draft.id
            );
            return Err(ErrorResponse::new(400, "FailedIdentityOperation", message));
        };
        let linked = ("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", &identity.id);
        authorization::check_linked(draft.tx, draft.world.call, &draft.action(), linked)?;
        let own = |name: &str| property(identity.properties(), &[name]).clone();
        assigned.insert(id.clone(), json!({"principalId": own("principalId"), "clientId": own("clientId")}));
    }
    Ok(assigned)
}

/// A user-assigned identity with this client id is assigned to the resource.
pub fn has_client(body: &Value, client_id: &str) -> bool {
    let assigned = property(body, &["identity", "userAssignedIdentities"]).as_object();
    assigned
        .into_iter()
        .flat_map(|assigned| assigned.values())
        .any(|identity| text(identity, &["clientId"]).is_some_and(|own| own.eq_ignore_ascii_case(client_id)))
}

/// The principal that a resource acts as: its own identity, or the first that was assigned.
pub fn principal(body: &Value) -> Option<&str> {
    text(body, &["identity", "principalId"]).or_else(|| {
        let assigned = property(body, &["identity", "userAssignedIdentities"]).as_object()?;
        text(assigned.values().next()?, &["principalId"])
    })
}
