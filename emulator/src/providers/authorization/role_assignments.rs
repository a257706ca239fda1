//! Role assignments: <https://learn.microsoft.com/rest/api/authorization/role-assignments>.
//!
//! **Differs from Azure:** an assignment is in effect at once; conditions and groups are refused. The error for a
//! principal that does not exist says which one was probably meant.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::json;
use sim::Ids;

use super::role_definitions;
use crate::Config;
use crate::engine::{
    Answers, Call, Definition, Draft, Example, Fidelity, Model, Names, Removed, Resource, Scope, Store,
    Transaction, Verb, set, set_default, text,
};
use crate::graph::{Directory, Identified};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Authorization/roleAssignments",
    summary: "Gives a principal a role in a scope.",
    modelled: "2022-04-01",
    scope: Scope::Any,
    names: Names::Rule { min: 36, max: 36, accepts: is_guid, rule: "a GUID" },
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    answers: Answers { removed: Removed::Shown, found: 204, ..Definition::CHILD.answers },
    feeds: &[Model::Clusters],
    fidelity: Fidelity::Approximate("in effect at once; no conditions, no groups"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Authorization/roleAssignments/11111111-2222-3333-4444-555555555555",
        body: r#"{"properties": {"principalId": "{principal}", "principalType": "ServicePrincipal",
            "roleDefinitionId": "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"}}"#,
        patch: None,
        after: &["Microsoft.Resources/resourceGroups"],
    }],
    defaults,
    check,
    select,
    narrow: Some(narrow),
    ..Definition::CHILD
};

fn is_guid(name: &str) -> bool {
    uuid::Uuid::try_parse(name).is_ok()
}

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let call = draft.world.call;
    let scope = draft.id.scope().map(|scope| scope.to_string()).unwrap_or_default();
    set(&mut draft.body, &["properties", "scope"], scope);
    set_default(&mut draft.body, &["properties", "principalType"], "ServicePrincipal");
    let before = draft.before().clone();
    let (now, who) = (call.now.rfc3339(), call.object_id().to_owned());
    let kept = |name: &str, new: &str| text(&before, &[name]).unwrap_or(new).to_owned();
    // An assignment is never changed, so the same request again leaves everything as it was.
    for (name, value) in [("createdOn", &now), ("updatedOn", &now), ("createdBy", &who), ("updatedBy", &who)]
    {
        set(&mut draft.body, &["properties", name], kept(name, value));
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    let role = text(properties, &["roleDefinitionId"]).ok_or_else(|| missing("roleDefinitionId"))?;
    let principal = text(properties, &["principalId"]).ok_or_else(|| missing("principalId"))?;
    if role_definitions::built_in(role).is_none() {
        let message = format!("The specified role definition with ID '{}' does not exist.", last(role));
        return Err(ErrorResponse::new(404, "RoleDefinitionDoesNotExist", message));
    }
    if text(properties, &["condition"]).is_some() {
        return Err(ErrorResponse::not_implemented("A role assignment with a condition"));
    }
    check_principal(draft, principal)?;
    let same = |name: &str| text(draft.before(), &[name]).map(str::to_lowercase);
    if draft.existing.is_some()
        && (same("principalId") != Some(principal.to_lowercase())
            || same("roleDefinitionId").map(|id| last(&id).to_owned()) != Some(last(role).to_lowercase()))
    {
        let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(ErrorResponse::new(400, "RoleAssignmentUpdateNotPermitted", message));
    }
    let twin = draft.tx.of_type(DEFINITION.name, None).find(|other| {
        let same = |name: &str, value: &str| {
            text(other.properties(), &[name]).is_some_and(|own| last(own).eq_ignore_ascii_case(last(value)))
        };
        other.id != draft.id
            && other.id.scope() == draft.id.scope()
            && same("principalId", principal)
            && same("roleDefinitionId", role)
    });
    match twin {
        None => Ok(()),
        Some(twin) => {
            let id = twin.id.name().replace('-', "");
            let message = format!(
                "The role assignment already exists. The ID of the existing role assignment is {id}."
            );
            Err(ErrorResponse::new(409, "RoleAssignmentExists", message))
        }
    }
}

/// The principal is a service principal, or the identity of a resource.
fn check_principal(draft: &Draft<'_, '_>, id: &str) -> Result<(), ErrorResponse> {
    let hint = match draft.world.directory.identify(id) {
        Identified::ServicePrincipal(_) => return Ok(()),
        Identified::Unknown if is_identity(draft.tx, id) => return Ok(()),
        Identified::Unknown => String::new(),
        Identified::AppIdOf { service_principal } => which("application (client) id", service_principal),
        Identified::ApplicationObjectIdOf { service_principal } => {
            which("object id of the application", service_principal)
        }
    };
    let tenant = &draft.world.config.seed.tenant_id;
    let message = format!(
        "Principal {} does not exist in the directory {tenant}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype{hint}",
        id.replace('-', ""),
    );
    Err(ErrorResponse::new(400, "PrincipalNotFound", message))
}

fn which(what: &str, service_principal: Option<crate::graph::ServicePrincipal>) -> String {
    match service_principal {
        Some(meant) => format!(
            " (apimlab: this is the {what}; roles are assigned to the service principal '{}', whose object id is {})",
            meant.display_name, meant.object_id
        ),
        None => format!(
            " (apimlab: this is the {what}, which has no service principal yet: create one and assign the role to its object id)"
        ),
    }
}

fn is_identity(store: &Store, id: &str) -> bool {
    [
        "Microsoft.ApiManagement/service",
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
    ]
    .iter()
    .any(|kind| {
        store.of_type(kind, None).any(|resource| {
            let own = [
                text(&resource.body, &["identity", "principalId"]),
                text(resource.properties(), &["principalId"]),
                text(resource.properties(), &["identityProfile", "kubeletidentity", "objectId"]),
            ];
            own.iter().flatten().any(|own| own.eq_ignore_ascii_case(id))
        })
    })
}

fn missing(property: &str) -> ErrorResponse {
    let message = format!("The request to create a role assignment is not valid: '{property}' is required.");
    ErrorResponse::new(400, "InvalidCreateRoleAssignmentRequest", message).target(property)
}

fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

/// In a scope: the assignments that are in effect there, and those further below.
fn select(store: &Store, definition: &'static Definition, scope: Option<&ResourceId>) -> Vec<Arc<Resource>> {
    let concerns = |assignment: &Resource| match (scope, assignment.id.scope()) {
        (Some(scope), Some(granted)) => scope.is_within(&granted) || granted.is_within(scope),
        _ => true,
    };
    store.of_type(definition.name, None).filter(|assignment| concerns(assignment)).cloned().collect()
}

/// What `$filter` leaves of the assignments: `atScope()`, `assignedTo('…')`, `principalId eq '…'`.
fn narrow(
    call: &Call,
    scope: Option<&ResourceId>,
    mut found: Vec<Arc<Resource>>,
) -> Result<Vec<Arc<Resource>>, ErrorResponse> {
    for part in call.query("$filter").unwrap_or_default().split(" and ").map(str::trim) {
        let quoted = part.split('\'').nth(1).unwrap_or_default().to_owned();
        let is_principal = |assignment: &Arc<Resource>| {
            text(assignment.properties(), &["principalId"]).is_some_and(|id| id.eq_ignore_ascii_case(&quoted))
        };
        match part.to_lowercase().as_str() {
            "" => {}
            "atscope()" => found.retain(|assignment| {
                scope.zip(assignment.id.scope()).is_none_or(|(scope, granted)| scope.is_within(&granted))
            }),
            text if text.starts_with("assignedto(") || text.starts_with("principalid eq ") => {
                found.retain(is_principal);
            }
            _ => {
                let message = format!("The filter '{part}' is not supported for role assignments.");
                return Err(ErrorResponse::new(400, "UnsupportedQuery", message));
            }
        }
    }
    Ok(found)
}

/// The seed's principal owns the subscription.
pub fn seed(config: &Config, directory: &Directory, tx: &mut Transaction<'_>) {
    const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    let Some(principal) = directory.service_principal_by_app_id(&config.seed.client_id) else { return };
    let scope = ResourceId::subscription(&config.seed.subscription_id);
    let name = Ids::named(&[scope.as_str(), &principal.object_id, OWNER]);
    let id = scope.provider("Microsoft.Authorization", "roleAssignments", &name);
    if tx.get(&id).is_some() {
        return;
    }
    let now = config.clock.now().rfc3339();
    let role = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}");
    let body = json!({"properties": {
        "roleDefinitionId": role,
        "principalId": principal.object_id,
        "principalType": "ServicePrincipal",
        "scope": scope.as_str(),
        "createdOn": now, "updatedOn": now, "createdBy": "", "updatedBy": "",
    }});
    let mut assignment = Resource::new(id, &DEFINITION, body);
    assignment.etag = config.ids.hex(16);
    tx.put(assignment);
}
