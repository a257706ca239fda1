//! Network security groups: <https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups>.
//!
//! Rules that stand in the body and rules that are requested by themselves are the same things.
//!
//! Connections through a subnet are checked against its group: `lib/network` decides.
//!
//! **Differs from Azure:** flow logs and groups at network interfaces do not exist; what `network::SecurityGroup` says.

use arm::{ErrorResponse, ResourceId};
use network::{Access, DEFAULT_RULES, DefaultRule, Direction};
use serde_json::{Value, json};

use super::inline::{self, Inline};
use super::rows::{NAME, takes};
use super::security_rules;
use crate::engine::{Definition, Draft, Example, Fidelity, Model, Resource, Store, set, take};

const RULES: Inline = Inline {
    property: "securityRules",
    definition: &security_rules::DEFINITION,
    complete: security_rules::complete,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/networkSecurityGroups",
    summary: "Rules that allow or deny connections to and from subnets.",
    modelled: "2025-05-01",
    names: NAME,
    long_running: takes(4, 5),
    feeds: &[Model::Network],
    fidelity: Fidelity::Approximate("at subnets only; regional service tags stand for all regions"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/networkSecurityGroups/example-nsg",
        body: r#"{"location": "westus2", "properties": {"securityRules": [{"name": "inline", "properties": {
            "priority": 200, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
            "sourceAddressPrefix": "ApiManagement", "sourcePortRange": "*",
            "destinationAddressPrefix": "VirtualNetwork", "destinationPortRange": "3443"}}]}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        for shown in ["defaultSecurityRules", "subnets", "networkInterfaces", "flowLogs"] {
            take(&mut draft.body, &["properties", shown]);
        }
        inline::keep_guid(draft);
        Ok(())
    },
    check,
    provision: |draft| RULES.provision(draft),
    removable: |removal| check_unused(removal.tx, &removal.resource.id),
    view,
    ..Definition::TRACKED
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let rules = RULES.listed(draft)?.unwrap_or_default();
    for (at, (name, rule)) in rules.iter().enumerate() {
        security_rules::check_rule(name, rule)?;
        for (other, twin) in rules.iter().take(at) {
            security_rules::check_conflict((name, rule), (other, twin))?;
        }
    }
    Ok(())
}

fn check_unused(store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    match inline::subnets_with(store, "networkSecurityGroup", id).first() {
        None => Ok(()),
        Some(subnet) => {
            let message = format!(
                "Network security group {id} cannot be deleted because it is in use by the following resources: {}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.",
                subnet.id
            );
            Err(ErrorResponse::new(400, "InUseNetworkSecurityGroupCannotBeDeleted", message))
        }
    }
}

fn view(group: &Resource, store: &Store, shown: &mut Value) {
    RULES.view(group, store, shown);
    let default_rules: Vec<Value> = DEFAULT_RULES.iter().map(|rule| default_rule(group, rule)).collect();
    set(shown, &["properties", "defaultSecurityRules"], default_rules);
    inline::view_subnets("networkSecurityGroup", group, store, shown);
}

fn default_rule(group: &Resource, rule: &DefaultRule) -> Value {
    let name = rule.name;
    let direction = match rule.direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    };
    let access = match rule.access {
        Access::Allow => "Allow",
        Access::Deny => "Deny",
    };
    json!({
        "id": format!("{}/defaultSecurityRules/{name}", group.id),
        "name": name,
        "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
        "etag": format!("W/\"{}\"", group.etag),
        "properties": {
            "provisioningState": "Succeeded",
            "description": rule.description,
            "protocol": "*",
            "sourcePortRange": "*", "destinationPortRange": "*",
            "sourceAddressPrefix": rule.source, "destinationAddressPrefix": rule.destination,
            "access": access, "priority": rule.priority, "direction": direction,
            "sourcePortRanges": [], "destinationPortRanges": [],
            "sourceAddressPrefixes": [], "destinationAddressPrefixes": [],
        },
    })
}
