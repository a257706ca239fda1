//! The way of a connection: where it starts, the rules that it passes, the networks between, and who answers.
//!
//! Making a connection and explaining one walk the same way; only the explanation keeps what it saw.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::{
    Access, Direction, Exposure, Flow, Frontend, Party, Peering, Place, Port, Protocol, Route, Subnet,
    Topology, Unreachable, VirtualNetwork,
};

/// A way, hop by hop.
#[derive(Debug, Clone)]
pub struct Path {
    /// What was passed; the last one is where it ends, if it does not arrive.
    pub hops: Vec<Hop>,
    /// Who answers, or why nobody does.
    pub outcome: Result<Route, Unreachable>,
}

/// A part of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What it is.
    pub kind: HopKind,
    /// Its name.
    pub name: String,
    /// What happens there.
    pub says: String,
    /// The connection gets past it.
    pub passes: bool,
}

/// What a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HopKind {
    /// Where the connection starts.
    Start,
    /// The private DNS zone that knows the name.
    Name,
    /// The network security group at one of the subnets, with the direction.
    SecurityGroup(Direction),
    /// The virtual networks on the way.
    Route,
    /// The load balancer, node port or cluster address.
    Frontend,
    /// The Pods behind it.
    Endpoints,
}

/// Sees the hops of a walk.
pub(crate) trait Witness {
    /// A hop was reached.
    fn saw(&mut self, hop: impl FnOnce() -> Hop);
}

/// Nobody looks: nothing is written down.
impl Witness for () {
    fn saw(&mut self, _: impl FnOnce() -> Hop) {}
}

impl Witness for Vec<Hop> {
    fn saw(&mut self, hop: impl FnOnce() -> Hop) {
        self.push(hop());
    }
}

/// A connection on its way.
pub(crate) struct Walk<'a> {
    pub topology: &'a Topology,
    pub from: &'a Place,
    pub to: Ipv4Addr,
    pub port: u16,
}

/// A virtual network and the subnet of it where a connection starts or ends.
type End<'a> = (&'a VirtualNetwork, &'a Subnet);

impl Walk<'_> {
    /// To one of the frontends that have the address.
    pub(crate) fn to_frontend(
        &self,
        at_address: &[Frontend],
        witness: &mut impl Witness,
    ) -> Result<Route, Unreachable> {
        let start = self.start();
        witness.saw(|| Hop::passed(HopKind::Start, self.from.to_string(), start_says(start)));
        let in_cluster = at_address.iter().any(|found| self.is_own_cluster(found));
        if let Some(start) = start.filter(|_| !in_cluster) {
            self.judge(Direction::Outbound, start, Some(start), witness)?;
        }
        let reachable: Vec<&Frontend> =
            at_address.iter().filter(|found| self.reaches(start, &found.exposure)).collect();
        let Some(first) = reachable.first() else {
            let no_way = self.no_way(start, at_address.first());
            witness.saw(|| Hop::stopped(HopKind::Route, self.to.to_string(), &no_way));
            return Err(no_way);
        };
        witness.saw(|| self.route_hop(start, first));
        if let Some(end) = self.end(&first.exposure) {
            self.judge(Direction::Inbound, end, start, witness)?;
        }
        self.answer(&reachable, first, witness)
    }

    fn answer(
        &self,
        reachable: &[&Frontend],
        first: &Frontend,
        witness: &mut impl Witness,
    ) -> Result<Route, Unreachable> {
        let listening = reachable.iter().find_map(|frontend| {
            frontend.ports.iter().find(|candidate| candidate.number == self.port).map(|port| (frontend, port))
        });
        let Some((frontend, port)) = listening else {
            let closed =
                Unreachable::PortClosed { address: self.to, port: self.port, owner: first.owner.clone() };
            witness.saw(|| Hop::stopped(HopKind::Frontend, first.owner.clone(), &closed));
            return Err(closed);
        };
        let says = || format!("has {} and listens on port {}", self.to, self.port);
        witness.saw(|| Hop::passed(HopKind::Frontend, frontend.owner.clone(), says()));
        if port.endpoints.is_empty() {
            let nobody = Unreachable::NoEndpoints(frontend.owner.clone());
            witness.saw(|| Hop::stopped(HopKind::Endpoints, "no endpoint".to_owned(), &nobody));
            return Err(nobody);
        }
        witness.saw(|| endpoints_hop(port));
        Ok(Route { port: port.clone(), owner: frontend.owner.clone() })
    }

    fn start(&self) -> Option<End<'_>> {
        match self.from {
            Place::Subnet(subnet) | Place::Cluster { subnet: Some(subnet), .. } => {
                self.topology.subnet(subnet)
            }
            _ => None,
        }
    }

    /// The subnet of a load balancer. Addresses of a cluster are in none.
    fn end(&self, exposure: &Exposure) -> Option<End<'_>> {
        match exposure {
            Exposure::Internal(subnet) => self.topology.subnet(subnet),
            Exposure::Public | Exposure::Cluster(_) => None,
        }
    }

    fn is_own_cluster(&self, frontend: &Frontend) -> bool {
        match (self.from, &frontend.exposure) {
            (Place::Cluster { cluster, .. }, Exposure::Cluster(other)) => cluster.eq_ignore_ascii_case(other),
            _ => false,
        }
    }

    fn reaches(&self, start: Option<End<'_>>, exposure: &Exposure) -> bool {
        match (self.from, exposure) {
            (_, Exposure::Public) => true,
            (Place::Cluster { cluster, .. }, Exposure::Cluster(other)) => cluster.eq_ignore_ascii_case(other),
            (_, Exposure::Cluster(_)) => false,
            (_, Exposure::Internal(_)) => match (start, self.end(exposure)) {
                (Some((here, _)), Some((there, _))) => {
                    matches!(self.topology.peering(here, there), Peering::Same | Peering::Connected(_))
                }
                _ => false,
            },
        }
    }

    /// What the group at one end says, if there is one.
    fn judge(
        &self,
        direction: Direction,
        (vnet, subnet): End<'_>,
        start: Option<End<'_>>,
        witness: &mut impl Witness,
    ) -> Result<(), Unreachable> {
        let kind = HopKind::SecurityGroup(direction);
        let Some(group) = &subnet.security_group else {
            witness.saw(|| {
                Hop::passed(
                    kind,
                    "no network security group".to_owned(),
                    format!("at subnet {}", subnet.name),
                )
            });
            return Ok(());
        };
        let flow = Flow {
            source: start.map_or(Party::INTERNET, |(_, from)| self.topology.party(vnet, from.prefix)),
            destination: self.topology.party(vnet, self.to.into()),
            port: self.port,
            protocol: Protocol::Tcp,
        };
        let Some(rule) = group.decide(direction, &flow) else { return Ok(()) };
        if rule.access == Access::Allow {
            let says = || {
                let (name, priority) = (&rule.name, rule.priority);
                format!("{direction} rule {name} (priority {priority}) at subnet {} allows it", subnet.name)
            };
            witness.saw(|| Hop::passed(kind, group.name.clone(), says()));
            return Ok(());
        }
        let denied = Unreachable::Denied {
            to: SocketAddrV4::new(self.to, self.port),
            rule: rule.name.clone(),
            priority: rule.priority,
            group: group.name.clone(),
            subnet: subnet.name.clone(),
            direction,
        };
        witness.saw(|| Hop::stopped(kind, group.name.clone(), &denied));
        Err(denied)
    }

    fn route_hop(&self, start: Option<End<'_>>, frontend: &Frontend) -> Hop {
        let passed = |name: String, says: &str| Hop::passed(HopKind::Route, name, says.to_owned());
        match (start, self.end(&frontend.exposure), &frontend.exposure) {
            (Some((here, _)), Some((there, _)), _) => match self.topology.peering(here, there) {
                Peering::Connected(half) => Hop::passed(
                    HopKind::Route,
                    half.name.clone(),
                    format!("peering from virtual network {} to {}", here.name, there.name),
                ),
                _ => passed(here.name.clone(), "within the virtual network"),
            },
            (_, _, Exposure::Cluster(_)) => passed("cluster network".to_owned(), "within the cluster"),
            _ => passed("internet".to_owned(), "to a public address"),
        }
    }

    fn no_way(&self, start: Option<End<'_>>, owner: Option<&Frontend>) -> Unreachable {
        let (from, to) = (self.from, self.to);
        let reason = match (owner, self.topology.virtual_network_of(to)) {
            (Some(frontend), _) if matches!(frontend.exposure, Exposure::Cluster(_)) => {
                format!(
                    "it is the cluster address of {}, which only Pods of that cluster reach",
                    frontend.owner
                )
            }
            (_, Some(there)) => match start.map(|(here, _)| (here, self.topology.peering(here, there))) {
                Some((_, Peering::Same | Peering::Connected(_))) => return Unreachable::NobodyThere(to),
                Some((here, peering)) if peering != Peering::None => peering_says(peering, here, there),
                _ => format!(
                    "it is a private address of virtual network {}, which {from} is not part of",
                    there.name
                ),
            },
            (None, None) if to.is_private() => {
                "it is a private address of no virtual network here".to_owned()
            }
            _ => return Unreachable::NobodyThere(to),
        };
        Unreachable::NoRoute { from: from.to_string(), to, reason }
    }
}

fn peering_says(peering: Peering<'_>, here: &VirtualNetwork, there: &VirtualNetwork) -> String {
    let between = format!("the peering of virtual networks {} and {}", here.name, there.name);
    match peering {
        Peering::Closed(half) => {
            format!("{between} does not allow access: allowVirtualNetworkAccess of {} is false", half.name)
        }
        Peering::Initiated { half, missing } => format!(
            "{between} is only initiated: {} has its half {}, {} has none",
            if missing.id == here.id { &there.name } else { &here.name },
            half.name,
            missing.name
        ),
        Peering::Same | Peering::Connected(_) | Peering::None => between,
    }
}

fn start_says(start: Option<End<'_>>) -> String {
    match start {
        Some((vnet, subnet)) => format!("in {} of virtual network {}", subnet.prefix, vnet.name),
        None => "in no virtual network here".to_owned(),
    }
}

fn endpoints_hop(port: &Port) -> Hop {
    let pods: Vec<String> = port
        .endpoints
        .iter()
        .map(|endpoint| format!("{} {}:{}", endpoint.pod, endpoint.address, endpoint.port))
        .collect();
    let name = format!("{} ready", pods.len());
    Hop::passed(HopKind::Endpoints, name, pods.join(", "))
}

impl Hop {
    fn passed(kind: HopKind, name: String, says: String) -> Self {
        Self { kind, name, says, passes: true }
    }

    /// What a private DNS zone says about a name.
    pub(crate) fn named(name: &str, says: String, passes: bool) -> Self {
        Self { kind: HopKind::Name, name: name.to_owned(), says, passes }
    }

    fn stopped(kind: HopKind, name: String, why: &Unreachable) -> Self {
        Self { kind, name, says: why.to_string(), passes: false }
    }
}

impl HopKind {
    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Name => "name",
            Self::SecurityGroup(Direction::Outbound) => "network security group, outbound",
            Self::SecurityGroup(Direction::Inbound) => "network security group, inbound",
            Self::Route => "route",
            Self::Frontend => "frontend",
            Self::Endpoints => "endpoints",
        }
    }
}
