//! Which product holds which API: <https://learn.microsoft.com/rest/api/apimanagement/product-api/create-or-update>.

use cloud::Node;
use serde_json::json;

use super::{Context, child};

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    let mut nodes = Vec::new();
    for product in &service.products {
        let product_id = id.child("products", &product.name);
        for api in &product.apis {
            let key = format!("product/{}/api/{}", *product.name, **api);
            let title = format!("API {} in product {}", **api, *product.name);
            // The link has no properties: that it exists is all there is to say.
            let draft = child(key, title, &product_id.child("apis", api)).body(json!({}));
            nodes
                .push(draft.depends([format!("product/{}", *product.name), format!("api/{}", **api)]).done());
        }
    }
    nodes
}
