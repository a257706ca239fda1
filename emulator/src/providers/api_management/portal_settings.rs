//! Settings of the developer portal: <https://learn.microsoft.com/rest/api/apimanagement/sign-in-settings>,
//! sign-up and delegation beside it.
//!
//! **Differs from Azure:** there is no developer portal, so the settings are kept and do nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::{
    Action, Answer, Answers, Definition, Example, Fidelity, Listing, Names, Resource, Verb, property, take,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/portalsettings",
    summary: "Sign-in, sign-up and delegation of the developer portal.",
    modelled: "2024-05-01",
    names: Names::Fixed(&["delegation", "signin", "signup"]),
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch],
    actions: &[Action::new("listSecrets", "listSecrets/action", |call| {
        let key = property(call.resource.properties(), &["validationKey"]).clone();
        Ok(Answer::json(200, json!({"validationKey": key})))
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
    view: |_, _, shown| drop(take(shown, &["properties", "validationKey"])),
    find: |store, id| {
        let kept = store.get(id);
        if kept.is_some() || store.get(&id.parent()?).is_none() {
            return kept;
        }
        Some(Arc::new(Resource::new(id.clone(), &DEFINITION, initial(id.name())?)))
    },
    select: |store, definition, scope| {
        let Some(service) = scope else { return Vec::new() };
        ["delegation", "signin", "signup"]
            .iter()
            .filter_map(|name| (definition.find)(store, &service.child("portalsettings", name)))
            .collect()
    },
    ..Definition::CHILD
};

fn initial(name: &str) -> Option<Value> {
    let properties = match name.to_ascii_lowercase().as_str() {
        "signin" => json!({"enabled": false}),
        "signup" => json!({
            "enabled": true,
            "termsOfService": {"text": null, "enabled": false, "consentRequired": false},
        }),
        "delegation" => json!({
            "url": null,
            "subscriptions": {"enabled": false},
            "userRegistration": {"enabled": false},
        }),
        _ => return None,
    };
    Some(json!({"properties": properties}))
}
