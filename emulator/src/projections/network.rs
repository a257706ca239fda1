//! Virtual networks and subnets, as the network fabric knows them.

use network::{Cidr, Subnet, SubnetId, Topology, VirtualNetwork};
use serde_json::Value;

use crate::engine::{Resource, Store, array, text};
use crate::providers::network::{subnets, virtual_networks};

/// All virtual networks.
pub fn topology(store: &Store) -> Topology {
    let virtual_networks = store.of_type(virtual_networks::DEFINITION.name, None);
    Topology { virtual_networks: virtual_networks.map(|vnet| virtual_network(store, vnet)).collect() }
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
                })
            })
            .collect(),
    }
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
