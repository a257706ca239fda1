//! Groups: <https://learn.microsoft.com/rest/api/apimanagement/group>.
//!
//! **Differs from Azure:** there is no developer portal, so only expressions of policies see groups.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::{group_users, links, product_groups, validation};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Listing, Model, Resource, Verb, property, set, set_default, text,
};

/// The groups of every service: name, display name, description.
const BUILT_IN: [(&str, &str, &str); 3] = [
    (
        "administrators",
        "Administrators",
        "Administrators is a built-in group containing the admin email account provided at the time of service creation. Its membership is managed by the system.",
    ),
    (
        "developers",
        "Developers",
        "Developers is a built-in group. Its membership is managed by the system. Signed-in users fall into this group.",
    ),
    (
        "guests",
        "Guests",
        "Guests is a built-in group. Its membership is managed by the system. Unauthenticated users visiting the developer portal fall into this group.",
    ),
];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/groups",
    summary: "Users that see the same products.",
    feeds: &[Model::ApiManagement],
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("only expressions of policies see it: there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/groups/example-group",
        body: r#"{"properties": {"displayName": "Example"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    removable: |removal| check_changeable(&removal.resource),
    removed: |removal| links::remove_to(removal, &[&product_groups::DEFINITION, &group_users::DEFINITION]),
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    set(&mut draft.body, &["properties", "builtIn"], false);
    set_default(&mut draft.body, &["properties", "type"], "custom");
    for unset in ["description", "externalId"] {
        set_default(&mut draft.body, &["properties", unset], Value::Null);
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 300)?;
    if let Some(existing) = &draft.existing {
        check_changeable(existing)?;
    }
    match text(draft.properties(), &["type"]).unwrap_or_default() {
        "custom" => Ok(()),
        "external" if text(draft.properties(), &["externalId"]).is_some() => Ok(()),
        "external" => Err(validation::field("externalId", "ExternalId is required for an external group.")),
        kind => Err(validation::field("type", format!("A group of the type '{kind}' cannot be made."))),
    }
}

fn check_changeable(group: &Resource) -> Result<(), ErrorResponse> {
    if property(group.properties(), &["builtIn"]).as_bool() != Some(true) {
        return Ok(());
    }
    let message =
        format!("The group '{}' is built in: it can be neither changed nor deleted.", group.id.name());
    Err(ErrorResponse::new(400, "ValidationError", message))
}

/// The built-in groups, as far as the service has not got them.
pub fn make_built_in(draft: &mut Draft<'_, '_>, service: &ResourceId) {
    for (name, display_name, description) in BUILT_IN {
        let id = service.child("groups", name);
        if draft.tx.get(&id).is_some() {
            continue;
        }
        let body = json!({"properties": {"displayName": display_name, "description": description,
            "builtIn": true, "type": "system", "externalId": null}});
        draft.put_part(id, &DEFINITION, body);
    }
}
