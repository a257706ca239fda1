//! Named values: <https://learn.microsoft.com/rest/api/apimanagement/named-value>.
//!
//! **Differs from Azure:** values from a key vault are refused.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::validation;
use crate::engine::{
    Action, Answer, Definition, Draft, Example, Fidelity, Listing, Model, Removal, Resource, Store, Verb,
    property, set_default, take, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/namedValues",
    summary: "A value that policies refer to by its name.",
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    actions: &[Action::new("listValue", "listValue/action", |call| {
        let value = text(call.resource.properties(), &["value"]);
        Ok(Answer::json(200, json!({"value": value})))
    })],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("no values from a key vault"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/namedValues/example-value",
        body: r#"{"properties": {"displayName": "example-value", "value": "v", "secret": true, "tags": ["a"]}}"#,
        patch: Some(r#"{"properties": {"tags": ["b"]}}"#),
        after: &[],
    }],
    defaults,
    check,
    provision: validation::compile,
    removable,
    view,
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    set_default(&mut draft.body, &["properties", "secret"], false);
    set_default(&mut draft.body, &["properties", "tags"], json!([]));
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    if property(draft.properties(), &["keyVault"]).is_object() {
        return Err(ErrorResponse::not_implemented("A named value from a key vault"));
    }
    validation::required(draft, "displayName", 256)?;
    validation::required(draft, "value", 4_096)?;
    let name = text(draft.properties(), &["displayName"]).unwrap_or_default();
    if !crate::engine::plain_name(name) {
        let message = "DisplayName may contain only letters, digits, periods, dashes and underscores.";
        return Err(validation::field("displayName", message));
    }
    let taken = draft.tx.of_type(DEFINITION.name, draft.id.parent().as_ref()).any(|other| {
        other.id != draft.id
            && text(other.properties(), &["displayName"]).is_some_and(|own| own.eq_ignore_ascii_case(name))
    });
    if taken {
        let message = format!("Named value with the display name '{name}' already exists.");
        return Err(validation::field("displayName", message));
    }
    Ok(())
}

/// A value that a policy refers to stays.
fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    let name = text(removal.resource.properties(), &["displayName"]).unwrap_or_default();
    validation::compile_without(removal, &format!("Named value '{name}'"), |service| {
        service.named_values.retain(|value| value.name != name);
    })
}

fn view(value: &Resource, _: &Store, shown: &mut Value) {
    if property(value.properties(), &["secret"]).as_bool() == Some(true) {
        take(shown, &["properties", "value"]);
    }
}
