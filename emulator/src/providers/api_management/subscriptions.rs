//! Subscriptions: <https://learn.microsoft.com/rest/api/apimanagement/subscription>.
//!
//! **Differs from Azure:** subscriptions have no owner; nobody is notified.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::{stored, validation};
use crate::engine::{
    Action, ActionCall, Answer, Definition, Draft, Example, Fidelity, Listing, Model, Names, Resource, Store,
    Transaction, Verb, set, set_default, text,
};
use crate::projections::subscription_scope;

/// The states that a subscription can have.
const STATES: &[&str] = &["active", "cancelled", "expired", "rejected", "submitted", "suspended"];
const KEYS: [&str; 2] = ["primaryKey", "secondaryKey"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/subscriptions",
    summary: "Two keys that open an API, a product, or all APIs.",
    modelled: "2024-05-01",
    names: Names::Rule {
        min: 1,
        max: 256,
        accepts: |name| !name.contains(|c: char| "*#&+:<>?".contains(c)),
        rule: "none of `*#&+:<>?`",
    },
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    actions: &[
        Action::new("listSecrets", "listSecrets/action", list_secrets),
        Action::new("regeneratePrimaryKey", "regeneratePrimaryKey/action", |call| {
            regenerate(call, "primaryKey")
        }),
        Action::new("regenerateSecondaryKey", "regenerateSecondaryKey/action", |call| {
            regenerate(call, "secondaryKey")
        }),
    ],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("no owners, no notifications"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/subscriptions/example",
        body: r#"{"properties": {"displayName": "Example", "scope": "/products/example-product", "state": "active"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &["Microsoft.ApiManagement/service/products"],
    }],
    defaults,
    check,
    provision: validation::compile,
    view: |_, _, shown| hide_keys(shown),
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    for key in KEYS {
        let kept = text(draft.before(), &[key]).map(str::to_owned);
        let key_text = kept.unwrap_or_else(|| draft.world.config.ids.hex(32));
        set_default(&mut draft.body, &["properties", key], key_text);
    }
    let created = text(draft.before(), &["createdDate"]).map(str::to_owned);
    let created = created.unwrap_or_else(|| draft.world.call.now.rfc3339());
    let body = &mut draft.body;
    set(body, &["properties", "createdDate"], created);
    set_default(body, &["properties", "state"], "submitted");
    set_default(body, &["properties", "allowTracing"], false);
    for unset in ["ownerId", "startDate", "expirationDate", "endDate", "notificationDate", "stateComment"] {
        set_default(body, &["properties", unset], Value::Null);
    }
    // Scopes are shown as full ids, however they were written.
    let scope = text(body, &["properties", "scope"]).unwrap_or_default().to_owned();
    let service = draft.id.parent().map(|service| service.to_string()).unwrap_or_default();
    let inside = scope.find("/service/").and_then(|at| scope[at..].splitn(4, '/').nth(3)).unwrap_or(&scope);
    let inside = inside.trim_matches('/');
    if !inside.is_empty() {
        set(body, &["properties", "scope"], format!("{service}/{inside}"));
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 100)?;
    validation::required(draft, "scope", 2_048)?;
    let properties = draft.properties();
    let state = text(properties, &["state"]).unwrap_or_default();
    if !STATES.contains(&state) {
        return Err(validation::field("state", format!("The state '{state}' is not valid.")));
    }
    check_scope(draft)?;
    for key in KEYS {
        let value = text(properties, &[key]).unwrap_or_default();
        if value.len() > 256 {
            return Err(validation::field(key, "The key must not be longer than 256 characters."));
        }
        let taken = draft.tx.of_type(DEFINITION.name, draft.id.parent().as_ref()).any(|other| {
            other.id != draft.id && KEYS.iter().any(|own| text(other.properties(), &[own]) == Some(value))
        });
        if taken {
            return Err(validation::field(key, "The key is in use by another subscription."));
        }
    }
    Ok(())
}

fn check_scope(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(service) = draft.id.parent() else { return Ok(()) };
    let written = text(draft.properties(), &["scope"]).unwrap_or_default();
    let target = match subscription_scope(written) {
        None => {
            let message =
                format!("Scope '{written}' is not valid: /apis, /apis/{{name}} or /products/{{name}}.");
            return Err(validation::field("scope", message));
        }
        Some(apim::Scope::AllApis) => return Ok(()),
        Some(apim::Scope::Api(name)) => service.child("apis", &name),
        Some(apim::Scope::Product(name)) => service.child("products", &name),
    };
    if draft.tx.get(&target).is_some() {
        return Ok(());
    }
    let message = format!(
        "Subscription scope should be one of '/apis', '/apis/{{apiId}}', '/products/{{productId}}': '{target}' does not exist."
    );
    Err(validation::field("scope", message))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn list_secrets(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let key = |name: &str| text(call.resource.properties(), &[name]).map(str::to_owned);
    Ok(Answer::json(200, json!({"primaryKey": key(KEYS[0]), "secondaryKey": key(KEYS[1])})))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn regenerate(call: &mut ActionCall<'_, '_>, key: &str) -> Result<Answer, ErrorResponse> {
    let mut subscription = call.resource.as_ref().clone();
    set(&mut subscription.body, &["properties", key], call.world.config.ids.hex(32));
    subscription.etag = call.world.config.ids.hex(16);
    call.tx.put(subscription);
    Ok(Answer::empty(204))
}

/// The subscriptions to a product or an API.
pub fn of_scope(store: &Store, service: &ResourceId, scope: &apim::Scope) -> Vec<Arc<Resource>> {
    let (kind, name) = match scope {
        apim::Scope::AllApis => return Vec::new(),
        apim::Scope::Api(name) => ("apis", name),
        apim::Scope::Product(name) => ("products", name),
    };
    let wanted = service.child(kind, name);
    let is_to = |subscription: &Resource| {
        text(subscription.properties(), &["scope"]).is_some_and(|scope| scope.to_lowercase() == wanted.key())
    };
    store.of_type(DEFINITION.name, Some(service)).filter(|found| is_to(found)).cloned().collect()
}

/// Leaves the keys out of a subscription that is shown.
pub fn hide_keys(shown: &mut Value) {
    stored::hide(shown, &KEYS);
}

/// Removes the subscriptions to a product or an API.
pub fn remove_of_scope(tx: &mut Transaction<'_>, service: &ResourceId, scope: &apim::Scope) {
    for subscription in of_scope(tx, service, scope) {
        tx.remove(&subscription.id);
    }
}
