//! Identity providers of the developer portal:
//! <https://learn.microsoft.com/rest/api/apimanagement/identity-provider>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that one could sign in to.

use super::stored::{self, STORED};
use super::validation;
use crate::engine::{Action, Definition, Example, Fidelity, Names, set, set_default};
use serde_json::Value;

const SECRETS: [&str; 1] = ["clientSecret"];
const NAMES: &[&str] = &["aad", "aadB2C", "facebook", "google", "microsoft", "twitter"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/identityProviders",
    summary: "Who vouches for users of the developer portal.",
    names: Names::Fixed(NAMES),
    actions: &[Action::new("listSecrets", "listSecrets/action", |call| Ok(stored::secrets(call, &SECRETS)))],
    fidelity: Fidelity::Approximate("there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/identityProviders/google",
        body: r#"{"properties": {"clientId": "portal", "clientSecret": "s"}}"#,
        patch: Some(r#"{"properties": {"clientId": "another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        let asked = draft.id.name();
        let name = NAMES.iter().find(|name| name.eq_ignore_ascii_case(asked)).copied().unwrap_or_default();
        set(&mut draft.body, &["properties", "type"], name);
        for unset in ["signinTenant", "allowedTenants", "authority"] {
            set_default(&mut draft.body, &["properties", unset], Value::Null);
        }
        Ok(())
    },
    check: |draft| {
        validation::required(draft, "clientId", 2_000)?;
        validation::required(draft, "clientSecret", 2_000)
    },
    view: |_, _, shown| stored::hide(shown, &SECRETS),
    ..STORED
};
