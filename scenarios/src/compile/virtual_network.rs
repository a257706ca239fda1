//! The virtual network with its subnets:
//! <https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/create-or-update>.
//!
//! The subnets stand within the network's own body, complete: Azure removes those that a PUT leaves out.

use cloud::Node;
use serde_json::{Value, json};

use super::{Context, key, put};
use crate::model::Subnet;

const API_VERSION: &str = "2025-05-01";

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let (Some(network), Some(id)) = (&context.document.network, context.network_id()) else {
        return Vec::new();
    };
    let prefixes: Vec<&str> = network.address_space.iter().map(|range| range.as_str()).collect();
    let body = json!({
        "location": *context.document.location,
        "tags": context.tags(),
        "properties": {
            "addressSpace": {"addressPrefixes": prefixes},
            "subnets": network.subnets.iter().map(subnet).collect::<Vec<_>>(),
        },
    });
    let title = format!("virtual network {}", *network.name);
    vec![put(key::NETWORK, title, &id, API_VERSION).body(body).depends([key::GROUP]).done()]
}

fn subnet(subnet: &Subnet) -> Value {
    json!({"name": *subnet.name, "properties": {"addressPrefix": *subnet.address_prefix}})
}
