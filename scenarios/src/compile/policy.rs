//! Policy documents of APIs, operations and products:
//! <https://learn.microsoft.com/rest/api/apimanagement/api-policy/create-or-update>.
//!
//! Sent as `rawxml`: the document as it is written, with expressions that need no XML escapes.

use arm::ResourceId;
use cloud::Node;
use serde_json::json;

use super::{Context, child};
use crate::model::Text;

/// Whose policy it is: the owner's key, what a person calls it, and its id.
struct Owner {
    key: String,
    title: String,
    id: ResourceId,
}

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    let mut nodes = Vec::new();
    for api in &service.apis {
        let api_id = id.child("apis", &api.name);
        for operation in &api.operations {
            let owner = Owner {
                key: format!("operation/{}/{}", *api.name, *operation.name),
                title: format!("operation {} of API {}", *operation.name, *api.name),
                id: api_id.child("operations", &operation.name),
            };
            nodes.extend(node(context, operation.policy.as_ref(), owner));
        }
        let owner =
            Owner { key: format!("api/{}", *api.name), title: format!("API {}", *api.name), id: api_id };
        nodes.extend(node(context, api.policy.as_ref(), owner));
    }
    for product in &service.products {
        let owner = Owner {
            key: format!("product/{}", *product.name),
            title: format!("product {}", *product.name),
            id: id.child("products", &product.name),
        };
        nodes.extend(node(context, product.policy.as_ref(), owner));
    }
    nodes
}

fn node(context: &Context, file: Option<&Text>, owner: Owner) -> Option<Node> {
    let document = context.assets.policies.get(file?.as_str())?;
    let body = json!({"properties": {"format": "rawxml", "value": document}});
    let draft = child(
        format!("policy/{}", owner.key),
        format!("policy of {}", owner.title),
        &owner.id.child("policies", "policy"),
    );
    Some(draft.body(body).not_returned("properties.format").depends([owner.key]).done())
}
