//! Virtual networks with their subnets, security groups and peerings, as the network fabric knows them.

use std::sync::Arc;

use network::{
    Access, Cidr, Direction, Peer, PortRange, Prefix, Protocol, SecurityGroup, SecurityRule, Subnet,
    SubnetId, Topology, VirtualNetwork,
};
use serde_json::Value;

use super::{application_gateways, names};
use crate::engine::{Resource, Store, array, property, text};
use crate::providers::network::{
    network_security_groups, private_dns, security_rules, subnets, virtual_network_peerings, virtual_networks,
};

/// All virtual networks.
pub fn topology(store: &Store) -> Topology {
    let virtual_networks = store.of_type(virtual_networks::DEFINITION.name, None);
    let zones = store.of_type(private_dns::ZONES.name, None);
    Topology {
        virtual_networks: virtual_networks.map(|vnet| virtual_network(store, vnet)).collect(),
        private_zones: zones.map(|zone| names::private_zone(store, zone)).collect(),
        application_gateways: application_gateways::all(store),
    }
}

fn virtual_network(store: &Store, vnet: &Resource) -> VirtualNetwork {
    let prefixes = array(vnet.properties(), &["addressSpace", "addressPrefixes"]);
    VirtualNetwork {
        id: vnet.id.to_string(),
        name: vnet.id.name().to_owned(),
        address_space: prefixes.iter().filter_map(range).collect(),
        subnets: store
            .of_type(subnets::DEFINITION.name, Some(&vnet.id))
            .filter_map(|subnet| {
                Some(Subnet {
                    id: SubnetId::new(subnet.id.as_str()),
                    name: subnet.id.name().to_owned(),
                    prefix: prefix(subnet)?,
                    security_group: security_group(store, subnet).map(Arc::new),
                })
            })
            .collect(),
        peers: store
            .of_type(virtual_network_peerings::DEFINITION.name, Some(&vnet.id))
            .filter_map(|half| peer(half))
            .collect(),
    }
}

fn peer(half: &Resource) -> Option<Peer> {
    Some(Peer {
        name: half.id.name().to_owned(),
        virtual_network: text(half.properties(), &["remoteVirtualNetwork", "id"])?.to_owned(),
        allows_access: property(half.properties(), &["allowVirtualNetworkAccess"]).as_bool() != Some(false),
    })
}

/// The rules at a subnet; `None` if it has no group.
pub fn security_group(store: &Store, subnet: &Resource) -> Option<SecurityGroup> {
    let group = store.find(text(subnet.properties(), &["networkSecurityGroup", "id"])?)?;
    if group.definition.name != network_security_groups::DEFINITION.name {
        return None;
    }
    let rules = store.of_type(security_rules::DEFINITION.name, Some(&group.id));
    Some(SecurityGroup::new(
        group.id.to_string(),
        group.id.name(),
        rules.filter_map(|rule| security_rule(rule)).collect(),
    ))
}

fn security_rule(resource: &Resource) -> Option<SecurityRule> {
    let properties = resource.properties();
    let own = |name: &str| text(properties, &[name]).unwrap_or_default();
    let is = |name: &str, value: &str| own(name).eq_ignore_ascii_case(value);
    let listed = |one: &str, many: &str| -> Vec<String> {
        let list = array(properties, &[many]).iter().filter_map(Value::as_str);
        text(properties, &[one]).into_iter().chain(list).map(str::to_owned).collect()
    };
    let prefixes = |one, many| listed(one, many).iter().map(|text| Prefix::parse(text)).collect();
    let ports = |one, many| listed(one, many).iter().filter_map(|text| PortRange::parse(text)).collect();
    Some(SecurityRule {
        name: resource.id.name().to_owned(),
        priority: u32::try_from(property(properties, &["priority"]).as_u64()?).ok()?,
        direction: if is("direction", "Outbound") { Direction::Outbound } else { Direction::Inbound },
        access: if is("access", "Allow") { Access::Allow } else { Access::Deny },
        protocol: match own("protocol") {
            "*" => None,
            _ if is("protocol", "Tcp") => Some(Protocol::Tcp),
            _ if is("protocol", "Udp") => Some(Protocol::Udp),
            _ => Some(Protocol::Other),
        },
        source: prefixes("sourceAddressPrefix", "sourceAddressPrefixes"),
        source_ports: ports("sourcePortRange", "sourcePortRanges"),
        destination: prefixes("destinationAddressPrefix", "destinationAddressPrefixes"),
        destination_ports: ports("destinationPortRange", "destinationPortRanges"),
    })
}

/// The range of a subnet, whichever way it was written.
pub fn prefix(subnet: &Resource) -> Option<Cidr> {
    let properties = subnet.properties();
    let written = text(properties, &["addressPrefix"])
        .or_else(|| array(properties, &["addressPrefixes"]).first()?.as_str());
    written?.parse().ok()
}

fn range(prefix: &Value) -> Option<Cidr> {
    prefix.as_str()?.parse().ok()
}
