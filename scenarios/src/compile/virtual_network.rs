//! The virtual network with its subnets:
//! <https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/create-or-update>.
//!
//! The subnets stand within the network's own body, complete: Azure removes those that a PUT leaves out.

use cloud::Node;
use serde_json::{Value, json};

use super::{Context, key, network_security_group, put};
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
            "subnets": network.subnets.iter().map(|part| subnet(context, part)).collect::<Vec<_>>(),
        },
    });
    let groups = network.security_groups.iter().map(|group| network_security_group::key_of(&group.name));
    let title = format!("virtual network {}", *network.name);
    vec![put(key::NETWORK, title, &id, API_VERSION).body(body).depends([key::GROUP]).depends(groups).done()]
}

fn subnet(context: &Context, subnet: &Subnet) -> Value {
    let mut properties = json!({"addressPrefix": *subnet.address_prefix});
    if let Some(group) = &subnet.security_group {
        properties["networkSecurityGroup"] = json!({"id": context.security_group_id(group).as_str()});
    }
    json!({"name": *subnet.name, "properties": properties})
}
