//! The resource group: <https://learn.microsoft.com/rest/api/resources/resource-groups/create-or-update>.
//!
//! Its tags say that it was made here; without them nothing in it is ever changed or removed.

use cloud::Node;
use serde_json::json;

use super::{Context, key, put};

const API_VERSION: &str = "2025-04-01";

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let name = &*context.document.resource_group;
    let body = json!({"location": *context.document.location, "tags": context.tags()});
    vec![put(key::GROUP, format!("resource group {name}"), &context.group, API_VERSION).body(body).done()]
}
