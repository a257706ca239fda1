//! Products: <https://learn.microsoft.com/rest/api/apimanagement/product>.
//!
//! **Differs from Azure:** groups decide nothing, so everybody who has a key uses a product.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{product_groups, subscriptions, validation};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Listing, Model, Removal, Verb, property, set_default, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products",
    summary: "APIs that are offered together.",
    modelled: "2024-05-01",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("groups decide nothing"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product",
        body: r#"{"properties": {"displayName": "Example", "state": "published", "subscriptionRequired": true}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    provision,
    removable,
    removed: |removal| {
        if let Some(service) = removal.resource.id.parent() {
            let scope = apim::Scope::Product(removal.resource.id.name().to_owned());
            subscriptions::remove_of_scope(removal.tx, &service, &scope);
        }
    },
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let body = &mut draft.body;
    set_default(body, &["properties", "state"], "notPublished");
    set_default(body, &["properties", "subscriptionRequired"], true);
    if property(body, &["properties", "subscriptionRequired"]).as_bool() == Some(true) {
        set_default(body, &["properties", "approvalRequired"], false);
    }
    for unset in ["description", "terms", "subscriptionsLimit"] {
        set_default(body, &["properties", unset], Value::Null);
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 300)?;
    let properties = draft.properties();
    let state = text(properties, &["state"]).unwrap_or_default();
    if !["published", "notPublished"].contains(&state) {
        return Err(validation::field(
            "state",
            format!("The state '{state}' is neither published nor notPublished."),
        ));
    }
    let is = |name: &str| property(properties, &[name]).as_bool() == Some(true);
    if !is("subscriptionRequired") && is("approvalRequired") {
        let message = "ApprovalRequired can only be set when SubscriptionRequired is true.";
        return Err(validation::field("approvalRequired", message));
    }
    if !is("subscriptionRequired") && *property(properties, &["subscriptionsLimit"]) != json!(null) {
        let message = "SubscriptionsLimit can only be set when SubscriptionRequired is true.";
        return Err(validation::field("subscriptionsLimit", message));
    }
    Ok(())
}

/// Administrators see every product from the start.
fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    if draft.existing.is_none() {
        let id = draft.id.child("groups", "administrators");
        draft.put_part(id, &product_groups::DEFINITION, Value::Object(serde_json::Map::new()));
    }
    validation::compile(draft)
}

fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(service) = removal.resource.id.parent() else { return Ok(()) };
    let scope = apim::Scope::Product(removal.resource.id.name().to_owned());
    let forced = removal.call.and_then(|call| call.query("deleteSubscriptions"));
    if forced.is_some_and(|forced| forced.eq_ignore_ascii_case("true"))
        || subscriptions::of_scope(removal.tx, &service, &scope).is_empty()
    {
        return Ok(());
    }
    let message = "Product cannot be deleted since it has existing subscriptions. In order to delete Product with all subscriptions use 'deleteSubscriptions=true' parameter in the query string.";
    Err(ErrorResponse::new(400, "ValidationError", message))
}
