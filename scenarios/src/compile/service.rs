//! The API Management service: <https://learn.microsoft.com/rest/api/apimanagement/api-management-service/create-or-update>.
//!
//! The body says nothing about a virtual network: joining one is a step of its own, after everything else exists.

use cloud::Node;
use serde_json::json;

use super::{Context, key, put};
use crate::model::Sku;

pub(super) const API_VERSION: &str = "2024-05-01";
/// The tag that tells the sandbox another kind of gateway than the tier's.
const GATEWAY_TAG: &str = "apimlab-gateway";

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    let mut tags = context.tags();
    if let (Some(tags), Some(gateway)) = (tags.as_object_mut(), service.gateway) {
        tags.insert(GATEWAY_TAG.to_owned(), gateway.as_str().into());
    }
    let body = json!({
        "location": *context.document.location,
        "tags": tags,
        "sku": {"name": service.sku.as_str(), "capacity": service.capacity},
        "properties": {"publisherName": service.publisher_name, "publisherEmail": *service.publisher_email},
    });
    let draft = put(key::SERVICE, format!("API Management service {}", *service.name), &id, API_VERSION)
        .body(body)
        .depends([key::GROUP])
        .minutes(40);
    let note = format!("{} × {}", service.capacity, service.sku.as_str());
    let draft = match (*service.sku, service.capacity) {
        (Sku::Developer, 1) => {
            draft.monthly_usd(48.0, &format!("estimate: {note}, without a service level agreement"))
        }
        _ => draft.cost_note(&format!("{note}: price unknown")),
    };
    vec![draft.done()]
}
