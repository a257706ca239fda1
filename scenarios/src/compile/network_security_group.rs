//! Network security groups with their rules, which stand within the group's own body:
//! <https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/create-or-update>.

use cloud::Node;
use serde_json::{Value, json};

use super::{Context, key, put};
use crate::model::{SecurityGroup, SecurityRule};

const API_VERSION: &str = "2025-05-01";

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let groups = context.document.network.iter().flat_map(|network| &network.security_groups);
    groups.map(|group| node(context, group)).collect()
}

/// The key of a group's node.
pub(super) fn key_of(name: &str) -> String {
    format!("nsg/{name}")
}

fn node(context: &Context, group: &SecurityGroup) -> Node {
    let body = json!({
        "location": *context.document.location,
        "tags": context.tags(),
        "properties": {"securityRules": group.rules.iter().map(rule).collect::<Vec<_>>()},
    });
    let title = format!("network security group {}", *group.name);
    let id = context.security_group_id(&group.name);
    put(key_of(&group.name), title, &id, API_VERSION).body(body).depends([key::GROUP]).done()
}

fn rule(rule: &SecurityRule) -> Value {
    let mut properties = json!({
        "priority": *rule.priority,
        "direction": rule.direction.as_str(),
        "access": rule.access.as_str(),
        "protocol": "Tcp",
        "sourceAddressPrefix": *rule.source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": *rule.destination,
    });
    match rule.ports.as_slice() {
        [one] => properties["destinationPortRange"] = json!(**one),
        several => {
            let ports: Vec<&str> = several.iter().map(|port| port.as_str()).collect();
            properties["destinationPortRanges"] = json!(ports);
        }
    }
    json!({"name": *rule.name, "properties": properties})
}
