//! Applications: what a program is, in every tenant. Its object id serves only Graph; everything else knows it by
//! its application (client) id. <https://learn.microsoft.com/graph/api/resources/application>

use serde_json::{Map, Value, json};
use sim::Ids;

use super::entity::Definition;
use super::error::GraphError;
use super::object::Object;
use super::service_principal;
use super::state::State;

pub(super) static DEFINITION: Definition = Definition {
    set: "applications",
    odata_type: "#microsoft.graph.application",
    resource: "Application",
    read_only: &["applicationTemplateId", "createdDateTime", "deletedDateTime", "publisherDomain"],
    defaults,
    app_id,
    check,
    derive: |_, _, _| {},
    dependents,
};

fn defaults() -> Value {
    json!({
        "deletedDateTime": null,
        "applicationTemplateId": null,
        "createdDateTime": null,
        "displayName": "",
        "description": null,
        "groupMembershipClaims": null,
        "identifierUris": [],
        "isDeviceOnlyAuthSupported": null,
        "isFallbackPublicClient": null,
        "notes": null,
        "oauth2RequirePostResponse": false,
        "optionalClaims": null,
        "publisherDomain": super::DOMAIN,
        "serviceManagementReference": null,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": null,
        "api": {
            "acceptMappedClaims": null,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": null,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "appRoles": [],
        "info": {
            "logoUrl": null,
            "marketingUrl": null,
            "privacyStatementUrl": null,
            "supportUrl": null,
            "termsOfServiceUrl": null,
        },
        "keyCredentials": [],
        "passwordCredentials": [],
        "publicClient": { "redirectUris": [] },
        "requiredResourceAccess": [],
        "spa": { "redirectUris": [] },
        "web": {
            "homePageUrl": null,
            "logoutUrl": null,
            "redirectUris": [],
            "implicitGrantSettings": { "enableAccessTokenIssuance": false, "enableIdTokenIssuance": false },
        },
    })
}

/// The directory chooses it.
fn app_id(body: &mut Map<String, Value>, _: &State, ids: &Ids) -> Result<String, GraphError> {
    if body.contains_key("appId") {
        return Err(GraphError::read_only("appId", DEFINITION.resource));
    }
    Ok(ids.uuid())
}

fn check(application: &Object, state: &State) -> Result<(), GraphError> {
    let name = application.properties.get("displayName").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        return Err(GraphError::required("displayName", DEFINITION.resource));
    }
    let taken = application.texts("identifierUris").any(|uri| {
        state
            .set(&DEFINITION)
            .filter(|other| other.id != application.id)
            .any(|other| other.texts("identifierUris").any(|theirs| theirs.eq_ignore_ascii_case(uri)))
    });
    if taken { Err(GraphError::taken("identifierUris")) } else { Ok(()) }
}

fn dependents(application: &Object, state: &State) -> Vec<String> {
    let principal = state.of_app(&service_principal::DEFINITION, &application.app_id);
    principal.map(|principal| principal.id.clone()).into_iter().collect()
}
