//! Whether a service reaches an address, hop by hop:
//! <https://learn.microsoft.com/rest/api/apimanagement/perform-connectivity-check-async>
//!
//! The hops are those of the virtual networks; where they let the connection through, it is made.
//!
//! **Differs from Azure:** the answer is there at once; what is outside the virtual networks is not tried; names are
//! those of private DNS zones; a load balancer and the Pods behind it, and a peering, are hops of their own.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use apim::{DataPlane, Probe, Probed};
use arm::ErrorResponse;
use network::{Direction, Fabric, HopKind, Path, Place, SubnetId, Unreachable};
use serde_json::{Value, json};
use sim::Ids;

use super::connectivity_request::Asked;
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Resource, Store, property, show, text};

/// How often a connection is tried.
const PROBES: usize = 3;

/// `POST …/connectivityCheck`
pub fn check(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let service = call.holder(&store)?;
    let asked = Asked::read(&call.json()?, text(&service.body, &["location"]).unwrap_or_default())?;
    let source = Source::of(&service, &store);
    let (fabric, ids) = (Arc::clone(&emulator.config.fabric), emulator.config.ids.clone());
    let data_plane = Arc::clone(&emulator.config.data_plane);
    Ok(Answer::later(async move {
        let mut hops = Hops::begin(&source, ids);
        let address = match asked.host.parse::<Ipv4Addr>() {
            Ok(address) => address,
            Err(_) => match fabric.resolve(&source.place, &asked.host.to_lowercase()) {
                Ok(resolved) => resolved.address,
                Err(why) => {
                    let context = [("Name", asked.host.as_str()), ("Reason", &why.to_string())];
                    hops.issue("Outbound", "DnsResolution", &context);
                    return Ok(Answer::json(200, hops.shown(&Tried::failed())));
                }
            },
        };
        let path = fabric.explain(&source.place, address, asked.port);
        hops.follow(&fabric, &path, address);
        let result = match path.outcome {
            Ok(_) => tried(&*data_plane, &source.place, address, &asked).await,
            Err(_) => Tried::failed(),
        };
        Ok(Answer::json(200, hops.shown(&result)))
    }))
}

/// Where connections of a service start.
struct Source {
    id: String,
    address: Option<String>,
    place: Place,
}

impl Source {
    fn of(service: &Resource, store: &Store) -> Self {
        let subnet = text(service.properties(), &["virtualNetworkConfiguration", "subnetResourceId"]);
        let shown = show(service, store);
        let address = |name: &str| {
            let found = property(&shown, &["properties", name]).get(0).and_then(Value::as_str);
            found.map(str::to_owned)
        };
        Self {
            id: service.id.to_string(),
            address: address("privateIPAddresses").or_else(|| address("publicIPAddresses")),
            place: subnet.map_or(Place::Internet, |subnet| Place::Subnet(SubnetId::new(subnet))),
        }
    }
}

/// What came of the tries.
struct Tried {
    took: Vec<Duration>,
    failed: usize,
    why: Option<String>,
}

impl Tried {
    fn failed() -> Self {
        Self { took: Vec::new(), failed: PROBES, why: None }
    }
}

async fn tried(data_plane: &dyn DataPlane, from: &Place, address: Ipv4Addr, asked: &Asked) -> Tried {
    let probe = Probe { from: from.clone(), address, port: asked.port, request: asked.request.clone() };
    let mut tried = Tried { took: Vec::new(), failed: 0, why: None };
    for _ in 0..PROBES {
        match data_plane.probe(&probe).await {
            Ok(Probed { took, status }) if status.is_none_or(|status| asked.accepts(status)) => {
                tried.took.push(took);
            }
            Ok(Probed { status, .. }) => {
                tried.failed += 1;
                tried.why = status.map(|status| format!("It answers with the status code {status}."));
            }
            Err(why) => {
                tried.failed += 1;
                tried.why = Some(why);
            }
        }
    }
    tried
}

/// The hops that the answer shows, from the source on.
struct Hops {
    shown: Vec<Hop>,
    ids: Ids,
}

/// One of them.
struct Hop {
    kind: &'static str,
    id: String,
    address: Option<String>,
    resource: Option<String>,
    next: Vec<String>,
    issues: Vec<Value>,
}

impl Hops {
    fn begin(source: &Source, ids: Ids) -> Self {
        let mut hops = Self { shown: Vec::new(), ids };
        hops.add("Source", source.address.clone(), Some(source.id.clone()));
        hops
    }

    /// Adds a hop behind the last one.
    fn add(&mut self, kind: &'static str, address: Option<String>, resource: Option<String>) {
        let id = self.ids.uuid();
        if let Some(last) = self.shown.last_mut() {
            last.next.push(id.clone());
        }
        self.shown.push(Hop { kind, id, address, resource, next: Vec::new(), issues: Vec::new() });
    }

    /// Notes what is in the way at the last hop.
    fn issue(&mut self, origin: &str, kind: &str, context: &[(&str, &str)]) {
        let context: Vec<Value> =
            context.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        if let Some(last) = self.shown.last_mut() {
            last.issues
                .push(json!({"origin": origin, "severity": "Error", "type": kind, "context": context}));
        }
    }

    /// Adds the way to an address, as far as it goes.
    fn follow(&mut self, fabric: &Fabric, path: &Path, address: Ipv4Addr) {
        let topology = fabric.topology();
        let there = topology.virtual_network_of(address);
        let kind = if there.is_some() { "VnetLocal" } else { "Internet" };
        let stops_before = |hop: &network::Hop| {
            !hop.passes && matches!(hop.kind, HopKind::SecurityGroup(Direction::Outbound) | HopKind::Route)
        };
        if let Some(hop) = path.hops.iter().find(|hop| stops_before(hop)) {
            self.refused("Outbound", path, &hop.says);
            return;
        }
        let peering = path.hops.iter().find(|hop| hop.kind == HopKind::Route);
        if let Some(peering) = peering.filter(|hop| hop.says.starts_with("peering ")) {
            self.add("VirtualNetworkPeering", None, None);
            if let Some(last) = self.shown.last_mut() {
                last.resource = Some(peering.name.clone());
            }
        }
        self.add(kind, Some(address.to_string()), there.map(|vnet| vnet.id.clone()));
        match &path.outcome {
            Ok(route) => {
                let at = self.shown.len();
                for endpoint in route.port.endpoints.iter() {
                    let id = self.ids.uuid();
                    if let Some(frontend) = self.shown.get_mut(at - 1) {
                        frontend.next.push(id.clone());
                    }
                    let (address, resource) =
                        (Some(endpoint.address.to_string()), Some(endpoint.pod.clone()));
                    let (next, issues) = (Vec::new(), Vec::new());
                    self.shown.push(Hop { kind: "VnetLocal", id, address, resource, next, issues });
                }
            }
            Err(why) => self.refused("Inbound", path, &why.to_string()),
        }
    }

    fn refused(&mut self, origin: &str, path: &Path, says: &str) {
        match &path.outcome {
            Err(Unreachable::Denied { rule, group, subnet, .. }) => {
                let context =
                    [("RuleName", rule.as_str()), ("NetworkSecurityGroup", group), ("Subnet", subnet)];
                self.issue(origin, "NetworkSecurityRule", &context);
            }
            _ => self.issue(origin, "Unknown", &[("Reason", says)]),
        }
    }

    fn shown(mut self, tried: &Tried) -> Value {
        if let Some(why) = &tried.why {
            self.issue("Inbound", "Unknown", &[("Reason", why)]);
        }
        let hops: Vec<Value> = self
            .shown
            .iter()
            .map(|hop| {
                json!({
                    "type": hop.kind, "id": hop.id, "address": hop.address, "resourceId": hop.resource,
                    "nextHopIds": hop.next, "issues": hop.issues,
                })
            })
            .collect();
        let millis =
            |took: Option<&Duration>| took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let count = u32::try_from(tried.took.len()).unwrap_or(0);
        let average = tried.took.iter().sum::<Duration>().checked_div(count);
        json!({
            "hops": hops,
            "connectionStatus": match (count, tried.failed) {
                (0, _) => "Disconnected",
                (_, 0) => "Connected",
                _ => "Degraded",
            },
            "avgLatencyInMs": millis(average.as_ref()),
            "minLatencyInMs": millis(tried.took.iter().min()),
            "maxLatencyInMs": millis(tried.took.iter().max()),
            "probesSent": PROBES, "probesFailed": tried.failed,
        })
    }
}
