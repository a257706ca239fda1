//! Named values: <https://learn.microsoft.com/rest/api/apimanagement/named-value>.
//!
//! **Differs from Azure:** key vaults are a file on this machine.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{key_vault, validation};
use crate::engine::{
    Action, ActionCall, Answer, Definition, Draft, Example, Fidelity, Listing, Model, Removal, Resource,
    Store, Verb, property, set, set_default, take, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/namedValues",
    summary: "A value that policies refer to by its name.",
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    actions: &[
        Action::new("listValue", "listValue/action", |call| {
            let value = text(call.resource.properties(), &["value"]);
            Ok(Answer::json(200, json!({"value": value})))
        }),
        Action::new("refreshSecret", "refreshSecret/action", refresh),
    ],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("key vaults are a file on this machine"),
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

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    if key_vault::is_reference(draft.properties()) {
        let secret = key_vault::of_draft(draft)?;
        set(&mut draft.body, &["properties", "value"], secret);
        set(&mut draft.body, &["properties", "secret"], true);
    } else {
        key_vault::forget(&mut draft.body);
    }
    set_default(&mut draft.body, &["properties", "secret"], false);
    set_default(&mut draft.body, &["properties", "tags"], json!([]));
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
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

/// Takes the secret from its key vault once more.
fn refresh(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let (mut value, secret) = key_vault::refreshed(call)?;
    if let Some(secret) = secret {
        set(&mut value.body, &["properties", "value"], secret);
    }
    call.tx.put(value.clone());
    validation::check_service(call.world.config, call.tx, &value.id)?;
    Ok(Answer::resource(200, &value, call.tx))
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
