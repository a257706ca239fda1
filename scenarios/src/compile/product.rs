//! The products: <https://learn.microsoft.com/rest/api/apimanagement/product/create-or-update>.

use cloud::Node;
use serde_json::json;

use super::{Context, child};

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    service
        .products
        .iter()
        .map(|product| {
            let body = json!({"properties": {
                "displayName": product.display_name,
                "state": if product.published { "published" } else { "notPublished" },
                "subscriptionRequired": product.subscription_required,
            }});
            let title = format!("product {}", *product.name);
            child(format!("product/{}", *product.name), title, &id.child("products", &product.name))
                .body(body)
                .done()
        })
        .collect()
}
