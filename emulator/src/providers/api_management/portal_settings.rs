//! Settings of the developer portal: <https://learn.microsoft.com/rest/api/apimanagement/sign-in-settings>,
//! sign-up and delegation beside it.
//!
//! **Differs from Azure:** there is no developer portal, so the settings are kept and do nothing.

use serde_json::{Value, json};

use super::stored;
use crate::engine::{Action, Answers, Definition, Example, Fidelity, Listing, Names, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/portalsettings",
    summary: "Sign-in, sign-up and delegation of the developer portal.",
    modelled: "2024-05-01",
    names: Names::Fixed(&["delegation", "signin", "signup"]),
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch],
    actions: &[Action::new("listSecrets", "listSecrets/action", |call| {
        Ok(stored::secrets(call, &["validationKey"]))
    })],
    // A setting is never created: it is always there.
    answers: Answers { created: 200, ..Definition::CHILD.answers },
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/portalsettings/signin",
        body: r#"{"properties": {"enabled": true}}"#,
        patch: Some(r#"{"properties": {"enabled": false}}"#),
        after: &[],
    }],
    view: |_, _, shown| stored::hide(shown, &["validationKey"]),
    find: |store, id| stored::always((store, id), &DEFINITION, initial),
    select: stored::all,
    ..Definition::CHILD
};

fn initial(name: &str) -> Value {
    let properties = match name {
        "signup" => json!({
            "enabled": true,
            "termsOfService": {"text": null, "enabled": false, "consentRequired": false},
        }),
        "delegation" => json!({
            "url": null,
            "subscriptions": {"enabled": false},
            "userRegistration": {"enabled": false},
        }),
        _ => json!({"enabled": false}),
    };
    json!({"properties": properties})
}
