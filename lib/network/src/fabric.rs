//! What can be reached from where, and which real sockets are behind it.
//!
//! Topology comes from the control plane, frontends from the clusters; both are swapped as a whole, so a connection
//! sees one consistent picture and never waits for a lock.
//!
//! **Differs from Azure:** an address that cannot be reached fails at once where Azure lets the connection time out;
//! network security groups, route tables and peerings are not evaluated yet.

use std::collections::HashMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::{AddressError, Addresses, Cidr, Exposure, Frontend, Place, Port, SubnetId, Topology};

/// Where public load balancers and services get their addresses from: a documentation range (RFC 5737).
pub const PUBLIC: &str = "203.0.113.0/24";

/// The network of one sandbox.
#[derive(Debug)]
pub struct Fabric {
    topology: ArcSwap<Topology>,
    frontends: ArcSwap<HashMap<Ipv4Addr, Vec<Frontend>>>,
    published: Mutex<HashMap<String, Vec<Frontend>>>,
    addresses: Mutex<HashMap<String, Addresses>>,
}

/// A way from a place to a port of a frontend.
#[derive(Debug, Clone)]
pub struct Route {
    /// The port that answers; [`Port::next`] chooses an endpoint for a connection.
    pub port: Port,
    /// Who answers, for people.
    pub owner: String,
}

/// Why a connection cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreachable {
    /// The address is in a network that the place is not part of.
    NoRoute {
        /// Where the connection would start.
        from: String,
        /// The address that was dialled.
        to: Ipv4Addr,
        /// What would have to be different.
        reason: String,
    },
    /// Nothing has the address.
    NobodyThere(Ipv4Addr),
    /// Something has the address, but does not listen on the port.
    PortClosed {
        /// The address that was dialled.
        address: Ipv4Addr,
        /// The port that was dialled.
        port: u16,
        /// Who has the address.
        owner: String,
    },
    /// The load balancer has no ready endpoint.
    NoEndpoints(String),
}

impl Default for Fabric {
    fn default() -> Self {
        Self::new()
    }
}

impl Fabric {
    /// An empty network.
    pub fn new() -> Self {
        Self {
            topology: ArcSwap::default(),
            frontends: ArcSwap::default(),
            published: Mutex::default(),
            addresses: Mutex::default(),
        }
    }

    /// Replaces the virtual networks.
    pub fn set_topology(&self, topology: Topology) {
        self.topology.store(Arc::new(topology));
    }

    /// The virtual networks now.
    pub fn topology(&self) -> Arc<Topology> {
        self.topology.load_full()
    }

    /// Replaces all frontends of one publisher (a cluster).
    pub fn publish(&self, publisher: &str, frontends: Vec<Frontend>) {
        let mut publishers = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        if frontends.is_empty() {
            publishers.remove(publisher);
        } else {
            publishers.insert(publisher.to_owned(), frontends);
        }
        let mut by_address: HashMap<Ipv4Addr, Vec<Frontend>> = HashMap::new();
        for frontend in publishers.values().flatten() {
            by_address.entry(frontend.address).or_default().push(frontend.clone());
        }
        // Stored while the lock is held, so that a slower publisher cannot overwrite a newer picture.
        self.frontends.store(Arc::new(by_address));
    }

    /// The way from a place to a port, or why there is none.
    pub fn route(&self, from: &Place, to: Ipv4Addr, port: u16) -> Result<Route, Unreachable> {
        let frontends = self.frontends.load();
        let topology = self.topology.load();
        let at_address = frontends.get(&to).map(Vec::as_slice).unwrap_or_default();
        let reachable: Vec<&Frontend> =
            at_address.iter().filter(|frontend| reaches(&topology, from, &frontend.exposure)).collect();
        if reachable.is_empty() {
            return Err(no_way(&topology, from, to, at_address.first()));
        }
        let listening = reachable.iter().find_map(|frontend| {
            frontend.ports.iter().find(|candidate| candidate.number == port).map(|port| (frontend, port))
        });
        let Some((frontend, port)) = listening else {
            return Err(Unreachable::PortClosed { address: to, port, owner: reachable[0].owner.clone() });
        };
        if port.endpoints.is_empty() {
            return Err(Unreachable::NoEndpoints(frontend.owner.clone()));
        }
        Ok(Route { port: port.clone(), owner: frontend.owner.clone() })
    }

    /// The virtual network has this address in one of its ranges, or a frontend has it: dialling it is not a
    /// matter for the machine's own network.
    pub fn is_virtual(&self, address: Ipv4Addr) -> bool {
        address.is_private() && !address.is_loopback()
            || self.frontends.load().contains_key(&address)
            || PUBLIC.parse::<Cidr>().is_ok_and(|public| public.contains(address))
    }

    /// Gives `owner` an address of a subnet: the wanted one, or the lowest free one.
    pub fn take_address(
        &self,
        subnet: &SubnetId,
        owner: &str,
        wanted: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr, AddressError> {
        let topology = self.topology.load();
        let (_, found) =
            topology.subnet(subnet).ok_or_else(|| AddressError::NoSuchSubnet(subnet.as_str().to_owned()))?;
        self.take_from(&subnet.as_str().to_ascii_lowercase(), found.prefix, owner, wanted)
    }

    /// Gives `owner` a public address: the wanted one, or the lowest free one.
    pub fn take_public_address(
        &self,
        owner: &str,
        wanted: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr, AddressError> {
        match PUBLIC.parse() {
            Ok(public) => self.take_from("public", public, owner, wanted),
            Err(_) => Err(AddressError::NoSuchSubnet(PUBLIC.to_owned())),
        }
    }

    /// Takes all addresses, in all subnets, from `owner`.
    pub fn release_addresses(&self, owner: &str) {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.values_mut().for_each(|subnet| subnet.release(owner));
    }

    fn take_from(
        &self,
        key: &str,
        range: Cidr,
        owner: &str,
        wanted: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr, AddressError> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let subnet = addresses.entry(key.to_owned()).or_insert_with(|| Addresses::new(range));
        if subnet.range() != range {
            *subnet = Addresses::new(range);
        }
        subnet.take(owner, wanted)
    }
}

fn reaches(topology: &Topology, from: &Place, exposure: &Exposure) -> bool {
    match (from, exposure) {
        (_, Exposure::Public) => true,
        (Place::Cluster { cluster, .. }, Exposure::Cluster(other)) => cluster.eq_ignore_ascii_case(other),
        (Place::Subnet(subnet) | Place::Cluster { subnet: Some(subnet), .. }, Exposure::Internal(other)) => {
            match (topology.subnet(subnet), topology.subnet(other)) {
                (Some((here, _)), Some((there, _))) => here.id.eq_ignore_ascii_case(&there.id),
                _ => false,
            }
        }
        _ => false,
    }
}

fn no_way(topology: &Topology, from: &Place, to: Ipv4Addr, owner: Option<&Frontend>) -> Unreachable {
    let vnet = topology
        .virtual_networks
        .iter()
        .find(|vnet| vnet.address_space.iter().any(|space| space.contains(to)));
    let reason = match (owner, vnet) {
        (Some(frontend), _) if matches!(frontend.exposure, Exposure::Cluster(_)) => {
            format!("it is the cluster address of {}, which only Pods of that cluster reach", frontend.owner)
        }
        (_, Some(vnet)) if !inside(topology, from, &vnet.id) => {
            format!("it is a private address of virtual network {}, which {from} is not part of", vnet.name)
        }
        (None, None) if to.is_private() => "it is a private address of no virtual network here".to_owned(),
        _ => return Unreachable::NobodyThere(to),
    };
    Unreachable::NoRoute { from: from.to_string(), to, reason }
}

fn inside(topology: &Topology, place: &Place, vnet: &str) -> bool {
    match place {
        Place::Subnet(subnet) | Place::Cluster { subnet: Some(subnet), .. } => {
            topology.subnet(subnet).is_some_and(|(own, _)| own.id.eq_ignore_ascii_case(vnet))
        }
        _ => false,
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoute { from, to, reason } => write!(f, "{to} cannot be reached from {from}: {reason}"),
            Self::NobodyThere(address) => write!(f, "nothing has the address {address}"),
            Self::PortClosed { address, port, owner } => {
                write!(
                    f,
                    "connection refused: {owner} has the address {address}, but nothing listens on port {port}"
                )
            }
            Self::NoEndpoints(owner) => write!(f, "{owner} has no ready endpoint"),
        }
    }
}

impl std::error::Error for Unreachable {}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::{Endpoint, Subnet, VirtualNetwork};

    const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 10, 1, 5);

    fn subnet(vnet: &str, name: &str) -> SubnetId {
        SubnetId::new(format!("/vnets/{vnet}/subnets/{name}"))
    }

    fn vnet(name: &str, space: &str, subnets: &[(&str, &str)]) -> VirtualNetwork {
        VirtualNetwork {
            id: format!("/vnets/{name}"),
            name: name.to_owned(),
            address_space: vec![space.parse().expect("a range")],
            subnets: subnets
                .iter()
                .map(|(part, prefix)| Subnet {
                    id: subnet(name, part),
                    name: (*part).to_owned(),
                    prefix: prefix.parse().expect("a range"),
                })
                .collect(),
        }
    }

    fn endpoint(last: u8) -> Endpoint {
        Endpoint {
            pod: format!("default/p{last}"),
            address: Ipv4Addr::new(10, 244, 0, last),
            port: 80,
            socket: SocketAddr::from(([127, 0, 0, 1], 1000 + u16::from(last))),
        }
    }

    fn fabric(endpoints: Vec<Endpoint>) -> Fabric {
        let fabric = Fabric::new();
        fabric.set_topology(Topology {
            virtual_networks: vec![
                vnet("a", "10.10.0.0/16", &[("aks", "10.10.1.0/24"), ("apim", "10.10.2.0/24")]),
                vnet("b", "10.20.0.0/16", &[("other", "10.20.1.0/24")]),
            ],
        });
        let frontend = Frontend {
            owner: "service default/private-api".to_owned(),
            address: BALANCER,
            exposure: Exposure::Internal(subnet("a", "aks")),
            ports: vec![Port::new(80, endpoints)],
        };
        fabric.publish("cluster", vec![frontend]);
        fabric
    }

    #[test]
    fn an_internal_address_is_reached_from_its_own_virtual_network_only() {
        let fabric = fabric(vec![endpoint(2)]);
        assert!(fabric.route(&Place::Subnet(subnet("A", "APIM")), BALANCER, 80).is_ok());
        for place in [Place::Internet, Place::Subnet(subnet("b", "other"))] {
            let error = fabric.route(&place, BALANCER, 80).expect_err("no way");
            assert!(error.to_string().contains("private address of virtual network a"), "{error}");
        }
    }

    #[test]
    fn endpoints_take_turns() {
        let route = fabric(vec![endpoint(2), endpoint(3)])
            .route(&Place::Subnet(subnet("a", "apim")), BALANCER, 80)
            .expect("a route");
        let first = route.port.next().cloned();
        assert_ne!(first, route.port.next().cloned());
        assert_eq!(first, route.port.next().cloned());
    }

    #[test]
    fn a_closed_port_no_endpoints_and_nobody_are_told_apart() {
        let here = Place::Subnet(subnet("a", "apim"));
        let error = fabric(vec![endpoint(2)]).route(&here, BALANCER, 81).expect_err("closed");
        assert!(matches!(error, Unreachable::PortClosed { port: 81, .. }));
        let error = fabric(Vec::new()).route(&here, BALANCER, 80).expect_err("no endpoints");
        assert!(matches!(error, Unreachable::NoEndpoints(_)));
        let error = fabric(Vec::new()).route(&here, Ipv4Addr::new(10, 10, 1, 9), 80).expect_err("nobody");
        assert!(matches!(error, Unreachable::NobodyThere(_)));
    }

    #[test]
    fn what_a_publisher_withdraws_is_gone() {
        let fabric = fabric(vec![endpoint(2)]);
        fabric.publish("cluster", Vec::new());
        assert!(fabric.route(&Place::Subnet(subnet("a", "apim")), BALANCER, 80).is_err());
        assert_eq!(fabric.take_address(&subnet("a", "aks"), "node", None), Ok(Ipv4Addr::new(10, 10, 1, 4)));
    }
}
