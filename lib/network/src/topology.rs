//! Virtual networks and subnets, and the places from which a connection can start.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::Ipv4Addr;

use crate::Cidr;

/// The virtual networks of the sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// All virtual networks.
    pub virtual_networks: Vec<VirtualNetwork>,
}

/// A virtual network: what is in it reaches everything else in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualNetwork {
    /// The ARM id.
    pub id: String,
    /// The name in its resource group.
    pub name: String,
    /// The ranges that its subnets lie in.
    pub address_space: Vec<Cidr>,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
}

/// A part of a virtual network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// The ARM id.
    pub id: SubnetId,
    /// The name in its virtual network.
    pub name: String,
    /// The range of its addresses.
    pub prefix: Cidr,
}

/// The ARM id of a subnet; compares without letter case.
#[derive(Debug, Clone)]
pub struct SubnetId(String);

/// Where a connection starts.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// Subnets called `name`, in any virtual network.
    pub fn subnets_named(&self, name: &str) -> Vec<&Subnet> {
        let subnets = self.virtual_networks.iter().flat_map(|vnet| &vnet.subnets);
        subnets.filter(|subnet| subnet.name.eq_ignore_ascii_case(name)).collect()
    }
}

impl VirtualNetwork {
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
