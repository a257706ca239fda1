//! Access to the direct management API and to Git:
//! <https://learn.microsoft.com/rest/api/apimanagement/tenant-access>.
//!
//! **Differs from Azure:** neither exists here, so the keys open nothing.

use std::sync::Arc;

use arm::ErrorResponse;
use serde_json::json;

use super::stored::{self, STORED};
use super::tenant_configuration;
use crate::engine::{
    Action, ActionCall, Announce, Answer, Answers, Definition, Example, Fidelity, LongRunning, Names,
    Resource, Verb, property, set, text,
};

const NAMES: &[&str] = &["access", "gitAccess"];
const KEYS: [&str; 2] = ["primaryKey", "secondaryKey"];

/// The type. The keys of both begin when somebody asks for the first time.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/tenant",
    summary: "Access to the direct management API and to Git.",
    names: Names::Fixed(NAMES),
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch],
    actions: &[
        Action::new("deploy", "deploy/action", tenant_configuration::deploy),
        Action::new("git/regeneratePrimaryKey", "git/regeneratePrimaryKey/action", |call| {
            regenerate(call, "gitAccess", KEYS[0])
        }),
        Action::new("git/regenerateSecondaryKey", "git/regenerateSecondaryKey/action", |call| {
            regenerate(call, "gitAccess", KEYS[1])
        }),
        Action::new("listSecrets", "listSecrets/action", list_secrets),
        Action::new("regeneratePrimaryKey", "regeneratePrimaryKey/action", |call| {
            regenerate(call, "access", KEYS[0])
        }),
        Action::new("regenerateSecondaryKey", "regenerateSecondaryKey/action", |call| {
            regenerate(call, "access", KEYS[1])
        }),
        Action::new("save", "save/action", tenant_configuration::save),
        Action::new("validate", "validate/action", tenant_configuration::validate),
    ],
    long_running: LongRunning { announce: Announce::OperationResults, ..Definition::CHILD.long_running },
    // Access is never created: it is always there.
    answers: Answers { created: 200, ..Definition::CHILD.answers },
    fidelity: Fidelity::Approximate("the keys open nothing"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/tenant/access",
        body: r#"{"properties": {"enabled": true}}"#,
        patch: Some(r#"{"properties": {"enabled": false}}"#),
        after: &[],
    }],
    defaults: |draft| {
        let id = draft.id.name().to_owned();
        set(&mut draft.body, &["properties", "id"], id);
        for key in KEYS {
            let kept = draft.before().get(key).cloned();
            let key_text = kept.unwrap_or_else(|| json!(draft.world.config.ids.hex(32)));
            set(&mut draft.body, &["properties", key], key_text);
        }
        Ok(())
    },
    check: |draft| {
        if draft.id.name().eq_ignore_ascii_case(tenant_configuration::NAME) {
            return Err(ErrorResponse::resource_not_found(&draft.id));
        }
        Ok(())
    },
    view: |_, _, shown| stored::hide(shown, &KEYS),
    find: |store, id| {
        // The configuration is nothing to read or write; there are operations on it.
        if id.name().eq_ignore_ascii_case(tenant_configuration::NAME) {
            store.get(&id.parent()?)?;
            return Some(Arc::new(Resource::new(id.clone(), &DEFINITION, json!({"properties": {}}))));
        }
        stored::always(
            (store, id),
            &DEFINITION,
            |name| json!({"properties": {"id": name, "principalId": null, "enabled": false}}),
        )
    },
    select: stored::all,
    ..STORED
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that actions share")]
fn list_secrets(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let name = call.resource.id.name().to_owned();
    let access = with_keys(call, &name, None);
    let properties = access.properties();
    let key = |name: &str| text(properties, &[name]);
    Ok(Answer::json(
        200,
        json!({
            "id": access.id.name(), "principalId": property(properties, &["principalId"]),
            "primaryKey": key(KEYS[0]), "secondaryKey": key(KEYS[1]),
            "enabled": property(properties, &["enabled"]) == &json!(true),
        }),
    ))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature that actions share")]
fn regenerate(call: &mut ActionCall<'_, '_>, name: &str, key: &str) -> Result<Answer, ErrorResponse> {
    with_keys(call, name, Some(key));
    Ok(Answer::empty(204))
}

/// The access with this name, stored with keys; the one that is named gets a new one.
fn with_keys(call: &mut ActionCall<'_, '_>, name: &str, renewed: Option<&str>) -> Resource {
    let id = call
        .resource
        .id
        .parent()
        .map_or_else(|| call.resource.id.clone(), |service| service.child("tenant", name));
    let found = (DEFINITION.find)(call.tx, &id).unwrap_or_else(|| Arc::clone(&call.resource));
    let mut access = found.as_ref().clone();
    let missing = |key: &str| text(access.properties(), &[key]).is_none();
    let wanted: Vec<&str> = KEYS.into_iter().filter(|key| renewed == Some(*key) || missing(key)).collect();
    if !wanted.is_empty() {
        for key in wanted {
            set(&mut access.body, &["properties", key], call.world.config.ids.hex(32));
        }
        access.etag = call.world.config.ids.hex(16);
        call.tx.put(access.clone());
    }
    access
}
