//! The load balancers' place in the virtual network: addresses that the gateway dials.
//!
//! The real address behind an internal one is itself, on the Docker network. A public one is not routed to from outside
//! of that network, so it leads to the Service's node port.
//!
//! **Differs from Azure:** a load balancer without a ready Pod says so at once where Azure lets the connection time out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use network::{Endpoint, Exposure, Frontend, Port};
use serde_json::Value;

use super::view::{Kind, View};
use crate::object::{condition, items, name, namespace, text};

/// Turns an address on the Docker network into the one to dial.
pub type Reach = Arc<dyn Fn(SocketAddr) -> SocketAddr + Send + Sync>;

/// Addresses on the Docker network are dialled as they are: the machine has a way there.
pub fn directly() -> Reach {
    Arc::new(|address| address)
}

/// What a Service's load balancer is in the virtual network.
pub fn frontend(
    view: &View,
    service: &Value,
    (address, exposure): (Ipv4Addr, Exposure),
    reach: &Reach,
) -> Frontend {
    let owner = Frontend::owned_by_balancer(namespace(service), name(service), &exposure);
    let has_ready = !backing_nodes(view, service).is_empty();
    let host = if exposure == Exposure::Public { node_for(view, service) } else { Some(address) };
    let port = |port: &Value| {
        let number = number(&port["port"])?;
        let at = if exposure == Exposure::Public { self::number(&port["nodePort"]) } else { Some(number) };
        let endpoint = host.zip(at).filter(|_| has_ready).map(|(host, at)| Endpoint {
            pod: format!("service {}/{}", namespace(service), name(service)),
            address,
            port: number,
            socket: reach(SocketAddr::new(IpAddr::V4(host), at)),
        });
        Some(Port::new(number, endpoint.into_iter().collect()))
    };
    let tcp =
        items(&service["spec"]["ports"]).iter().filter(|port| matches!(text(&port["protocol"]), "" | "TCP"));
    let ports = tcp.filter_map(port).collect();
    Frontend { owner, address, exposure, ports }
}

/// What tells one frontend from another; whose turn it is does not.
pub fn fingerprint(frontend: &Frontend) -> String {
    let Frontend { owner, address, exposure, ports } = frontend;
    let ports: Vec<_> = ports.iter().map(|port| (port.number, &port.endpoints)).collect();
    format!("{owner} {address} {exposure:?} {ports:?}")
}

/// The nodes with a ready Pod of a Service, once per Pod; a Pod that names no node counts as on an unnamed one.
pub fn backing_nodes(view: &View, service: &Value) -> Vec<String> {
    let of_service = |slice: &Arc<Value>| {
        namespace(slice) == namespace(service)
            && slice["metadata"]["labels"]["kubernetes.io/service-name"] == name(service)
    };
    let slices = view.list(Kind::EndpointSlice);
    let endpoints =
        slices.iter().filter(|slice| of_service(slice)).flat_map(|slice| items(&slice["endpoints"]));
    endpoints
        .filter(|endpoint| endpoint["conditions"]["ready"] != false)
        .map(|endpoint| text(&endpoint["nodeName"]).to_owned())
        .collect()
}

/// Only the nodes with a Pod of the Service pass its connections on.
pub fn is_local(service: &Value) -> bool {
    text(&service["spec"]["externalTrafficPolicy"]) == "Local"
}

/// The address of a node in its subnet.
pub fn node_address(node: &Value) -> Option<Ipv4Addr> {
    let internal = items(&node["status"]["addresses"]).iter().find(|one| one["type"] == "InternalIP")?;
    text(&internal["address"]).parse().ok()
}

/// The node is ready.
pub fn is_ready(node: &Value) -> bool {
    condition(node, "Ready").is_some_and(|ready| ready["status"] == "True")
}

fn node_for(view: &View, service: &Value) -> Option<Ipv4Addr> {
    let backing = backing_nodes(view, service);
    let passes = |node: &&Arc<Value>| !is_local(service) || backing.iter().any(|one| one == name(node));
    view.list(Kind::Node)
        .iter()
        .filter(|node| is_ready(node))
        .find(passes)
        .and_then(|node| node_address(node))
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}
