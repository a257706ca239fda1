//! What can be reached from where, and which real sockets are behind it.
//!
//! Topology comes from the control plane, frontends from the clusters; both are swapped as a whole, so a connection
//! sees one consistent picture and never waits for a lock.
//!
//! **Differs from Azure:** an address that cannot be reached fails at once where Azure lets the connection time out;
//! route tables are not evaluated; connections to public addresses of clusters are checked where they start, not in
//! the subnet of the nodes.

use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};

use crate::path::{Walk, Witness};
use crate::{
    AddressError, Addresses, Cidr, Direction, Exposure, Frontend, Hop, Path, Place, Port, Resolved, SubnetId,
    Topology, Unresolved,
};

/// Where public load balancers and services get their addresses from: a documentation range (RFC 5737).
pub const PUBLIC: &str = "203.0.113.0/24";

/// The network of one sandbox.
#[derive(Debug)]
pub struct Fabric {
    topology: ArcSwap<Topology>,
    frontends: ArcSwap<HashMap<Ipv4Addr, Vec<Frontend>>>,
    published: Mutex<HashMap<String, Vec<Frontend>>>,
    addresses: Mutex<HashMap<String, Addresses>>,
    version: AtomicU64,
    observer: OnceLock<Observer>,
}

/// Is told of new virtual networks.
struct Observer(Box<dyn Fn(&Topology) + Send + Sync>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// What is reached where, for a process that has no part in the network: who asks it is told the same sockets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// The virtual networks.
    pub topology: Topology,
    /// What answers in them.
    pub frontends: Vec<Frontend>,
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
    /// The name leads to no address.
    Unresolved(Unresolved),
    /// A rule of a network security group says no.
    Denied {
        /// The address and port that were dialled.
        to: SocketAddrV4,
        /// The rule.
        rule: String,
        /// Its priority.
        priority: u32,
        /// The group.
        group: String,
        /// The subnet that the group belongs to.
        subnet: String,
        /// Whether the connection leaves that subnet or enters it.
        direction: Direction,
    },
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
            version: AtomicU64::default(),
            observer: OnceLock::new(),
        }
    }

    /// Replaces the virtual networks.
    pub fn set_topology(&self, topology: Topology) {
        let topology = Arc::new(topology);
        self.topology.store(Arc::clone(&topology));
        self.version.fetch_add(1, Ordering::Release);
        if let Some(Observer(tell)) = self.observer.get() {
            tell(&topology);
        }
    }

    /// Tells `observer` the virtual networks, now and whenever they change; only the first one that asks is told.
    pub fn observe(&self, observer: impl Fn(&Topology) + Send + Sync + 'static) {
        observer(&self.topology.load());
        drop(self.observer.set(Observer(Box::new(observer))));
    }

    /// A number that moves when something may be reached differently.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The network as it is now.
    pub fn picture(&self) -> Picture {
        let frontends = self.frontends.load();
        Picture {
            topology: self.topology.load().as_ref().clone(),
            frontends: frontends.values().flatten().cloned().collect(),
        }
    }

    /// Becomes what a picture of another network shows.
    pub fn show(&self, picture: Picture) {
        self.set_topology(picture.topology);
        self.publish("", picture.frontends);
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
        self.version.fetch_add(1, Ordering::Release);
    }

    /// The way from a place to a port, or why there is none.
    pub fn route(&self, from: &Place, to: Ipv4Addr, port: u16) -> Result<Route, Unreachable> {
        self.walk(from, to, port, &mut ())
    }

    /// The same way, hop by hop, as far as it goes.
    pub fn explain(&self, from: &Place, to: Ipv4Addr, port: u16) -> Path {
        let mut hops = Vec::new();
        let outcome = self.walk(from, to, port, &mut hops);
        Path { hops, outcome }
    }

    /// The address of a name in lower case, as the private DNS zones of the place's network answer it.
    ///
    /// # Errors
    /// It leads to no address, or no zone answers for it.
    pub fn resolve(&self, from: &Place, name: &str) -> Result<Resolved, Unresolved> {
        let topology = self.topology.load();
        topology.resolve(from, name, |zone, machine| {
            let registering = zone.links.iter().filter(|link| link.registers);
            registering
                .flat_map(|link| self.machines(&link.virtual_network))
                .find_map(|(name, address)| (name == machine).then_some(address))
        })
    }

    /// The machines in a virtual network, by the names that they register: the nodes of clusters.
    pub fn machines(&self, virtual_network: &str) -> Vec<(String, Ipv4Addr)> {
        let topology = self.topology.load();
        let inside = |exposure: &Exposure| match exposure {
            Exposure::Internal(subnet) => {
                topology.subnet(subnet).is_some_and(|(vnet, _)| vnet.id.eq_ignore_ascii_case(virtual_network))
            }
            Exposure::Public | Exposure::Cluster(_) => false,
        };
        let frontends = self.frontends.load();
        let nodes = frontends.values().flatten().filter(|frontend| inside(&frontend.exposure));
        let mut found: Vec<(String, Ipv4Addr)> =
            nodes.filter_map(|node| Some((node.node()?.to_lowercase(), node.address))).collect();
        found.sort_unstable();
        found
    }

    /// What one publisher (a cluster) has in the network.
    pub fn published(&self, publisher: &str) -> Vec<Frontend> {
        let publishers = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let found = publishers.iter().find(|(name, _)| name.eq_ignore_ascii_case(publisher));
        found.map(|(_, frontends)| frontends.clone()).unwrap_or_default()
    }

    /// The way to a port of a name, hop by hop, as far as it goes.
    pub fn explain_name(&self, from: &Place, name: &str, port: u16) -> Path {
        match self.resolve(from, name) {
            Ok(resolved) => {
                let mut path = self.explain(from, resolved.address, port);
                let hops = resolved.records.into_iter().map(|says| Hop::named(name, says, true));
                path.hops.splice(0..0, hops);
                path
            }
            Err(why) => {
                let hops = vec![Hop::named(name, why.to_string(), false)];
                Path { hops, outcome: Err(Unreachable::Unresolved(why)) }
            }
        }
    }

    fn walk(
        &self,
        from: &Place,
        to: Ipv4Addr,
        port: u16,
        witness: &mut impl Witness,
    ) -> Result<Route, Unreachable> {
        let frontends = self.frontends.load();
        let at_address = frontends.get(&to).map(Vec::as_slice).unwrap_or_default();
        Walk { topology: &self.topology.load(), from, to, port }.to_frontend(at_address, witness)
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
            Self::Unresolved(why) => why.fmt(f),
            Self::Denied { to, rule, priority, group, subnet, direction } => write!(
                f,
                "{to} cannot be reached: the {direction} rule {rule} (priority {priority}) of network security group {group} at subnet {subnet} denies it"
            ),
        }
    }
}

impl std::error::Error for Unreachable {}

#[cfg(test)]
mod tests;
