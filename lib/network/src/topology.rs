//! Virtual networks and subnets, and the places from which a connection can start.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ApplicationGateway, Cidr, Party, PrivateZone, SecurityGroup, security};

/// The virtual networks of the sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Topology {
    /// All virtual networks.
    pub virtual_networks: Vec<VirtualNetwork>,
    /// All private DNS zones.
    #[serde(default)]
    pub private_zones: Vec<PrivateZone>,
    /// All application gateways.
    #[serde(default)]
    pub application_gateways: Vec<ApplicationGateway>,
}

/// A virtual network: what is in it reaches everything else in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VirtualNetwork {
    /// The ARM id.
    pub id: String,
    /// The name in its resource group.
    pub name: String,
    /// The ranges that its subnets lie in.
    pub address_space: Vec<Cidr>,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
    /// The virtual networks that it lets in: its half of the peerings.
    pub peers: Vec<Peer>,
}

/// One network's half of a peering; <https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// The name of this half.
    pub name: String,
    /// The ARM id of the other network.
    pub virtual_network: String,
    /// The networks may talk to each other.
    pub allows_access: bool,
}

/// A part of a virtual network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    /// The ARM id.
    pub id: SubnetId,
    /// The name in its virtual network.
    pub name: String,
    /// The range of its addresses.
    pub prefix: Cidr,
    /// The rules for its connections.
    pub security_group: Option<Arc<SecurityGroup>>,
}

/// The ARM id of a subnet; compares without letter case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubnetId(String);

/// Where a connection starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// Anywhere outside the virtual networks.
    Internet,
    /// A host, or an injected service, in a subnet.
    Subnet(SubnetId),
    /// A Pod of a cluster whose nodes sit in `subnet`.
    Cluster {
        /// The ARM id of the cluster.
        cluster: String,
        /// The subnet of its nodes, unless AKS made a network of its own.
        subnet: Option<SubnetId>,
    },
}

impl Topology {
    /// The subnet with this id, and the virtual network that it is part of.
    pub fn subnet(&self, id: &SubnetId) -> Option<(&VirtualNetwork, &Subnet)> {
        self.virtual_networks
            .iter()
            .find_map(|vnet| vnet.subnets.iter().find(|subnet| subnet.id == *id).map(|subnet| (vnet, subnet)))
    }

    /// The virtual network that has `address` in one of its ranges.
    pub fn virtual_network_of(&self, address: Ipv4Addr) -> Option<&VirtualNetwork> {
        self.virtual_networks
            .iter()
            .find(|vnet| vnet.address_space.iter().any(|space| space.contains(address)))
    }

    /// How two virtual networks stand to each other.
    pub fn peering<'t>(&'t self, here: &'t VirtualNetwork, there: &'t VirtualNetwork) -> Peering<'t> {
        match (here.half_to(there), there.half_to(here)) {
            _ if here.id.eq_ignore_ascii_case(&there.id) => Peering::Same,
            (Some(one), Some(other)) if one.allows_access && other.allows_access => Peering::Connected(one),
            (Some(one), Some(other)) => Peering::Closed(if one.allows_access { other } else { one }),
            (Some(one), None) => Peering::Initiated { half: one, missing: there },
            (None, Some(other)) => Peering::Initiated { half: other, missing: here },
            (None, None) => Peering::None,
        }
    }

    /// An end of a connection, as the rules of a subnet of `vnet` see it: `VirtualNetwork` stands for the network's own
    /// ranges and those of connected peers.
    pub fn party(&self, vnet: &VirtualNetwork, range: Cidr) -> Party<'static> {
        let inside = self.virtual_networks.iter().any(|other| {
            other.address_space.iter().any(|space| space.contains_range(range))
                && matches!(self.peering(vnet, other), Peering::Same | Peering::Connected(_))
        });
        let tag = match inside {
            true => security::VIRTUAL_NETWORK,
            false if range.first().is_private() => "",
            false => security::INTERNET,
        };
        Party { range: Some(range), tag }
    }

    /// Subnets called `name`, in any virtual network.
    pub fn subnets_named(&self, name: &str) -> Vec<&Subnet> {
        let subnets = self.virtual_networks.iter().flat_map(|vnet| &vnet.subnets);
        subnets.filter(|subnet| subnet.name.eq_ignore_ascii_case(name)).collect()
    }
}

/// How two virtual networks stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peering<'t> {
    /// They are the same.
    Same,
    /// Both have their half, and both allow access.
    Connected(&'t Peer),
    /// This half does not allow access.
    Closed(&'t Peer),
    /// Only one has its half.
    Initiated {
        /// The half that is there.
        half: &'t Peer,
        /// The network that has none.
        missing: &'t VirtualNetwork,
    },
    /// There is none.
    None,
}

impl VirtualNetwork {
    fn half_to(&self, other: &Self) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.virtual_network.eq_ignore_ascii_case(&other.id))
    }

    /// The subnet that `address` lies in.
    pub fn subnet_of(&self, address: Ipv4Addr) -> Option<&Subnet> {
        self.subnets.iter().find(|subnet| subnet.prefix.contains(address))
    }
}

impl SubnetId {
    /// A subnet's ARM id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment of the id.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl PartialEq for SubnetId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for SubnetId {}

impl Hash for SubnetId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

impl fmt::Display for SubnetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internet => f.write_str("the internet"),
            Self::Subnet(subnet) => write!(f, "subnet {}", subnet.name()),
            Self::Cluster { cluster, .. } => {
                write!(f, "cluster {}", cluster.rsplit('/').next().unwrap_or_default())
            }
        }
    }
}
