//! Service principals: what an application is in this tenant. Its object id is what roles are assigned to.
//! <https://learn.microsoft.com/graph/api/resources/serviceprincipal>

use serde_json::{Map, Value, json};
use sim::Ids;

use super::application;
use super::entity::Definition;
use super::error::GraphError;
use super::object::Object;
use super::state::State;

pub(super) static DEFINITION: Definition = Definition {
    set: "servicePrincipals",
    odata_type: "#microsoft.graph.servicePrincipal",
    resource: "ServicePrincipal",
    read_only: &["applicationTemplateId", "createdDateTime", "deletedDateTime", "servicePrincipalType"],
    defaults,
    app_id,
    check: |_, _| Ok(()),
    derive,
    dependents: |_, _| Vec::new(),
};

fn defaults() -> Value {
    json!({
        "deletedDateTime": null,
        "accountEnabled": true,
        "alternativeNames": [],
        "appDescription": null,
        "appDisplayName": null,
        "appOwnerOrganizationId": null,
        "appRoleAssignmentRequired": false,
        "appRoles": [],
        "applicationTemplateId": null,
        "createdDateTime": null,
        "description": null,
        "disabledByMicrosoftStatus": null,
        "displayName": null,
        "homepage": null,
        "keyCredentials": [],
        "loginUrl": null,
        "logoutUrl": null,
        "notes": null,
        "notificationEmailAddresses": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "preferredSingleSignOnMode": null,
        "preferredTokenSigningKeyThumbprint": null,
        "replyUrls": [],
        "samlMetadataUrl": null,
        "samlSingleSignOnSettings": null,
        "servicePrincipalNames": [],
        "servicePrincipalType": "Application",
        "signInAudience": null,
        "tags": [],
        "tokenEncryptionKeyId": null,
    })
}

/// An application has at most one service principal in a tenant.
fn app_id(body: &mut Map<String, Value>, state: &State, _: &Ids) -> Result<String, GraphError> {
    let app_id = match body.remove("appId") {
        Some(Value::String(app_id)) => app_id,
        None | Some(Value::Null) => return Err(GraphError::required("appId", DEFINITION.resource)),
        Some(_) => return Err(GraphError::invalid_value("appId", DEFINITION.resource)),
    };
    let application = state.of_app(&application::DEFINITION, &app_id);
    let application = application.ok_or_else(|| GraphError::no_backing_application(&app_id))?;
    if state.of_app(&DEFINITION, &app_id).is_some() {
        return Err(GraphError::service_principal_exists(&app_id));
    }
    Ok(application.app_id.clone())
}

/// Names, roles and addresses are the application's.
fn derive(principal: &Object, state: &State, view: &mut Map<String, Value>) {
    let Some(application) = state.of_app(&application::DEFINITION, &principal.app_id) else { return };
    let own = application.view(state);
    let part = |path: &str| Value::Object(own.clone()).pointer(path).cloned().unwrap_or_default();
    if view.get("displayName").is_none_or(Value::is_null) {
        view.insert("displayName".to_owned(), part("/displayName"));
    }
    let names: Vec<&str> =
        std::iter::once(application.app_id.as_str()).chain(application.texts("identifierUris")).collect();
    view.insert("servicePrincipalNames".to_owned(), json!(names));
    for (name, path) in [
        ("appDisplayName", "/displayName"),
        ("appDescription", "/description"),
        ("appRoles", "/appRoles"),
        ("homepage", "/web/homePageUrl"),
        ("logoutUrl", "/web/logoutUrl"),
        ("oauth2PermissionScopes", "/api/oauth2PermissionScopes"),
        ("replyUrls", "/web/redirectUris"),
        ("signInAudience", "/signInAudience"),
    ] {
        view.insert(name.to_owned(), part(path));
    }
}
