//! What kind of load balancer a Service asks for.

use std::net::Ipv4Addr;

use network::{AddressError, Exposure, SubnetId};

use serde_json::Value;

use super::{Azure, Failure};
use crate::object::{annotation, text};

const INTERNAL: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";
const INTERNAL_SUBNET: &str = "service.beta.kubernetes.io/azure-load-balancer-internal-subnet";
const ADDRESS: &str = "service.beta.kubernetes.io/azure-load-balancer-ipv4";
const PUBLIC_ADDRESS_NAME: &str = "service.beta.kubernetes.io/azure-pip-name";

/// A load balancer as a Service asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    network: Network,
    wanted: Option<Ipv4Addr>,
}

/// Where its address comes from.
#[derive(Debug, Clone, PartialEq)]
enum Network {
    /// Azure's public addresses.
    Public,
    /// A subnet.
    Subnet(SubnetId),
    /// The network that AKS has made for the cluster.
    Own,
}

impl Plan {
    /// What a Service asks for.
    pub fn of(azure: &Azure<'_>, service: &Value) -> Result<Self, Failure> {
        let asked = annotation(service, ADDRESS).unwrap_or_else(|| text(&service["spec"]["loadBalancerIP"]));
        let wanted = match asked {
            "" => None,
            asked => Some(asked.parse().map_err(|_| Failure::malformed_address(asked))?),
        };
        let internal = annotation(service, INTERNAL).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let network = if internal { internal_network(azure, service)? } else { public_network(service)? };
        Ok(Self { network, wanted })
    }

    /// The address that the Service asks for.
    pub fn wanted(&self) -> Option<Ipv4Addr> {
        self.wanted
    }

    /// The address comes from the same place.
    pub fn same_network(&self, other: &Self) -> bool {
        self.network == other.network
    }

    /// The cluster's identity needs a role for it.
    pub fn needs_access(&self) -> bool {
        matches!(self.network, Network::Subnet(_))
    }

    /// Who reaches it.
    pub fn exposure(&self, cluster: &str) -> Exposure {
        match &self.network {
            Network::Public => Exposure::Public,
            Network::Subnet(subnet) => Exposure::Internal(subnet.clone()),
            Network::Own => Exposure::Cluster(cluster.to_owned()),
        }
    }

    /// Takes an address for it.
    pub fn take(
        &self,
        azure: &mut Azure<'_>,
        owner: &str,
        wanted: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr, AddressError> {
        match &self.network {
            Network::Public => azure.fabric.take_public_address(owner, wanted),
            Network::Subnet(subnet) => azure.fabric.take_address(subnet, owner, wanted),
            Network::Own => azure.own.take(owner, wanted),
        }
    }
}

/// Azure's public addresses; one that has a name is an Azure resource which the sandbox does not have.
fn public_network(service: &Value) -> Result<Network, Failure> {
    match annotation(service, PUBLIC_ADDRESS_NAME).filter(|named| !named.is_empty()) {
        Some(_) => Err(Failure::not_implemented(PUBLIC_ADDRESS_NAME)),
        None => Ok(Network::Public),
    }
}

/// The cluster's subnet, or the one of the same virtual network that an annotation names.
fn internal_network(azure: &Azure<'_>, service: &Value) -> Result<Network, Failure> {
    let nodes = azure.cluster.pools.iter().find_map(|pool| pool.subnet.as_ref());
    let Some(own) = nodes.map(|subnet| &subnet.id) else { return Ok(Network::Own) };
    let Some(named) = annotation(service, INTERNAL_SUBNET).filter(|named| !named.is_empty()) else {
        return Ok(Network::Subnet(own.clone()));
    };
    let topology = azure.fabric.topology();
    let vnet = topology.subnet(own).map(|(vnet, _)| vnet);
    let found =
        vnet.and_then(|vnet| vnet.subnets.iter().find(|subnet| subnet.name.eq_ignore_ascii_case(named)));
    match found {
        Some(subnet) => Ok(Network::Subnet(subnet.id.clone())),
        None => Err(Failure::no_such_subnet(named, vnet.map_or("", |vnet| &vnet.name))),
    }
}
