//! Subscriptions to products: <https://learn.microsoft.com/rest/api/apimanagement/subscription/create-or-update>.
//!
//! The keys are made by the service and never leave it through here.

use cloud::Node;
use serde_json::json;

use super::{Context, child};

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    service
        .subscriptions
        .iter()
        .map(|subscription| {
            let body = json!({"properties": {
                "displayName": subscription.display_name,
                "scope": id.child("products", &subscription.product).as_str(),
                "state": "active",
            }});
            let title = format!("subscription {}", *subscription.name);
            child(
                format!("subscription/{}", *subscription.name),
                title,
                &id.child("subscriptions", &subscription.name),
            )
            .body(body)
            .depends([format!("product/{}", *subscription.product)])
            .done()
        })
        .collect()
}
