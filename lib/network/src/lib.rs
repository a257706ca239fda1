//! The virtual network: address ranges, who has which address, and what can be reached from where.
//!
//! Addresses here are virtual. A [`Fabric`] knows the subnets, load balancers and workloads of the sandbox and turns
//! "connect from this place to `10.10.1.5:80`" into the real loopback sockets behind it, or into the reason why that
//! does not work. It opens no sockets itself.
//! <https://learn.microsoft.com/azure/virtual-network/virtual-networks-overview>
#![deny(missing_docs)]

mod addresses;
mod application_gateway;
mod cidr;
mod fabric;
mod frontend;
mod names;
mod path;
mod security;
mod topology;

pub use addresses::{AddressError, Addresses};
pub use application_gateway::{ApplicationGateway, HostHeader, Listener, PoolBackend};
pub use cidr::{Cidr, InvalidCidr};
pub use fabric::{Fabric, PUBLIC, Picture, Route, Unreachable};
pub use frontend::{Endpoint, Exposure, Frontend, Port};
pub use names::{PrivateZone, Resolved, Unresolved, ZoneLink, ZoneRecord};
pub use path::{Hop, HopKind, Path};
pub use security::{
    Access, DEFAULT_RULES, DefaultRule, Direction, Flow, Party, PortRange, Prefix, Protocol, SecurityGroup,
    SecurityRule,
};
pub use topology::{Peer, Peering, Place, Subnet, SubnetId, Topology, VirtualNetwork};
