//! OAuth 2.0 servers that the developer portal asks:
//! <https://learn.microsoft.com/rest/api/apimanagement/authorization-server>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that would use them.

use super::stored::{self, STORED};
use super::validation;
use crate::engine::{Action, Definition, Example, Fidelity, property, set_default, text};
use serde_json::{Value, json};

const SECRETS: [&str; 3] = ["clientSecret", "resourceOwnerUsername", "resourceOwnerPassword"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/authorizationServers",
    summary: "An OAuth 2.0 server that the developer portal asks.",
    names: validation::NAME,
    actions: &[Action::new("listSecrets", "listSecrets/action", |call| Ok(stored::secrets(call, &SECRETS)))],
    fidelity: Fidelity::Approximate("there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/authorizationServers/example-server",
        body: r#"{"properties": {"displayName": "Example", "clientId": "portal", "clientSecret": "s",
            "clientRegistrationEndpoint": "https://login.example.com/apps",
            "authorizationEndpoint": "https://login.example.com/authorize",
            "tokenEndpoint": "https://login.example.com/token", "grantTypes": ["authorizationCode"]}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        let body = &mut draft.body;
        set_default(body, &["properties", "authorizationMethods"], json!(["GET"]));
        for unset in ["description", "defaultScope"] {
            set_default(body, &["properties", unset], Value::Null);
        }
        for unset in ["supportState", "useInTestConsole", "useInApiDocumentation"] {
            set_default(body, &["properties", unset], false);
        }
        Ok(())
    },
    check: |draft| {
        validation::required(draft, "displayName", 50)?;
        validation::required(draft, "clientId", 2_000)?;
        for endpoint in ["clientRegistrationEndpoint", "authorizationEndpoint"] {
            validation::required(draft, endpoint, 2_000)?;
        }
        for endpoint in ["clientRegistrationEndpoint", "authorizationEndpoint", "tokenEndpoint"] {
            validation::url(draft.properties(), endpoint)?;
        }
        let grants = property(draft.properties(), &["grantTypes"]).as_array();
        if grants.is_none_or(Vec::is_empty) {
            return Err(validation::field("grantTypes", "GrantTypes must name at least one grant."));
        }
        let methods = property(draft.properties(), &["authorizationMethods"]).as_array();
        if methods.is_some_and(|methods| !methods.iter().any(|method| text(method, &[]) == Some("GET"))) {
            return Err(validation::field(
                "authorizationMethods",
                "AuthorizationMethods must contain 'GET'.",
            ));
        }
        Ok(())
    },
    view: |_, _, shown| stored::hide(shown, &SECRETS),
    ..STORED
};
