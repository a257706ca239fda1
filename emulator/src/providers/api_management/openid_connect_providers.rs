//! OpenID Connect providers of the developer portal:
//! <https://learn.microsoft.com/rest/api/apimanagement/open-id-connect-provider>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that would use them.

use super::stored::{self, STORED};
use super::validation;
use crate::engine::{Action, Definition, Example, Fidelity, set_default};
use serde_json::Value;

const SECRETS: [&str; 1] = ["clientSecret"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/openidConnectProviders",
    summary: "An OpenID Connect provider of the developer portal.",
    names: validation::NAME_256,
    actions: &[Action::new("listSecrets", "listSecrets/action", |call| Ok(stored::secrets(call, &SECRETS)))],
    fidelity: Fidelity::Approximate("there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/openidConnectProviders/example-provider",
        body: r#"{"properties": {"displayName": "Example", "clientId": "portal", "clientSecret": "s",
            "metadataEndpoint": "https://login.example.com/.well-known/openid-configuration"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "description"], Value::Null);
        Ok(())
    },
    check: |draft| {
        validation::required(draft, "displayName", 50)?;
        validation::required(draft, "clientId", 2_000)?;
        validation::required(draft, "metadataEndpoint", 2_000)?;
        validation::url(draft.properties(), "metadataEndpoint")
    },
    view: |_, _, shown| stored::hide(shown, &SECRETS),
    ..STORED
};
