//! The nodes' addresses: the first ones of their subnet, as on Azure.
//! <https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq>

use std::net::Ipv4Addr;
use std::sync::Arc;

use ::network::{AddressError, Cidr, Fabric};
use aks::{ManagedCluster, NodeSubnet};

use crate::kind::Error;
use crate::load_balancer::OwnNetwork;

/// Who has which address: the virtual network knows, or, for a network of AKS's own, this does.
pub struct NodeAddresses {
    fabric: Arc<Fabric>,
    own: OwnNetwork,
}

impl NodeAddresses {
    pub fn new(fabric: Arc<Fabric>) -> Self {
        Self { fabric, own: OwnNetwork::default() }
    }

    /// The node's address: the one that it has, if nobody else has it, else the lowest free one.
    pub fn take(
        &mut self,
        model: &ManagedCluster,
        node: &str,
        present: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr, AddressError> {
        let owner = owner(node);
        let mut take = |wanted| {
            if let Some(subnet) = subnet(model) {
                return self.fabric.take_address(&subnet.id, &owner, wanted);
            }
            self.own.take(&owner, wanted)
        };
        match take(present) {
            Err(_) if present.is_some() => take(None),
            taken => taken,
        }
    }

    /// Gives a node's address back.
    pub fn release(&mut self, node: &str) {
        self.fabric.release_addresses(&owner(node));
        self.own.release(&owner(node));
    }
}

/// The range of the cluster's subnet.
pub fn range(model: &ManagedCluster) -> Result<Cidr, Error> {
    let first = subnet(model);
    let other = model.pools.iter().filter_map(|pool| pool.subnet.as_ref()).find(|one| Some(*one) != first);
    if other.is_some() {
        let reason = "its pools are in different subnets, and its nodes share one Docker network; use one subnet, or \
                      `--cluster embedded`";
        return Err(Error::Model(reason.to_owned()));
    }
    match first {
        Some(subnet) => Ok(subnet.prefix),
        None => OwnNetwork::RANGE.parse().map_err(|_| Error::Model(OwnNetwork::RANGE.to_owned())),
    }
}

fn subnet(model: &ManagedCluster) -> Option<&NodeSubnet> {
    model.pools.iter().find_map(|pool| pool.subnet.as_ref())
}

fn owner(node: &str) -> String {
    format!("node {node}")
}
