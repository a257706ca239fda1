//! Puts the cluster's Services, nodes and Pods into the virtual network: what kube-proxy and the load balancers do.
//! <https://kubernetes.io/docs/reference/networking/virtual-ips/>
//!
//! **Differs from Kubernetes:** TCP only; session affinity and traffic policies are not looked at; connections go
//! round robin.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use network::{Endpoint, Exposure, Frontend, Port};
use serde_json::Value;

use super::endpoint_slice::{Backend, backends, protocol};
use super::object::{is_deleted, items, name, namespace, text, uid};
use super::pod::target;
use super::{Controllers, load_balancer, node};
use crate::embedded::store::Object;
use crate::load_balancer::address;

/// What the virtual network has now, so that only changes are published.
#[derive(Default)]
pub struct Published {
    frontends: Vec<Listed>,
    names: HashMap<String, Ipv4Addr>,
}

/// A frontend without the state of its ports.
#[derive(Clone, PartialEq)]
struct Listed {
    owner: String,
    address: Ipv4Addr,
    exposure: Exposure,
    ports: Vec<(u16, Vec<Endpoint>)>,
}

/// Publishes all frontends of the cluster, with ready endpoints only.
pub fn publish(controllers: &mut Controllers) {
    let mut frontends = Vec::new();
    let mut names = HashMap::new();
    let mut node_ports: BTreeMap<u16, Vec<Endpoint>> = BTreeMap::new();
    for service in controllers.list("services") {
        if text(&service["spec"]["type"]) == "ExternalName" {
            continue;
        }
        let backends = backends(controllers, &service);
        let ports = ports(controllers, &service, &backends);
        for (port, (_, endpoints)) in tcp(&service).zip(&ports) {
            if let Some(number) = port_number(&port["nodePort"]) {
                node_ports.insert(number, endpoints.clone());
            }
        }
        let cluster_ip = text(&service["spec"]["clusterIP"]).parse::<Ipv4Addr>().ok();
        let first = backends.iter().find(|backend| backend.ready).map(|backend| backend.address);
        if let Some(address) = cluster_ip.or(first) {
            names.insert(format!("{}.{}", name(&service), namespace(&service)), address);
        }
        frontends.extend(cluster_ip.map(|address| Listed {
            owner: owner(&service, "cluster address"),
            address,
            exposure: Exposure::Cluster(controllers.cluster_id()),
            ports: ports.clone(),
        }));
        frontends.extend(load_balancer(controllers, &service, ports));
    }
    frontends.extend(nodes(controllers, node_ports));
    frontends.extend(pods(controllers));
    controllers.publish(frontends, names);
}

impl Controllers {
    fn publish(&mut self, frontends: Vec<Listed>, names: HashMap<String, Ipv4Addr>) {
        if names != self.published.names {
            self.runtime.set_names(names.clone());
            self.published.names = names;
        }
        if frontends == self.published.frontends {
            return;
        }
        let port = |(number, endpoints): &(u16, Vec<Endpoint>)| Port::new(*number, endpoints.clone());
        let published = frontends.iter().map(|listed| Frontend {
            owner: listed.owner.clone(),
            address: listed.address,
            exposure: listed.exposure.clone(),
            ports: listed.ports.iter().map(port).collect(),
        });
        self.fabric.publish(&self.cluster_id(), published.collect());
        self.published.frontends = frontends;
    }
}

fn load_balancer(
    controllers: &Controllers,
    service: &Object,
    ports: Vec<(u16, Vec<Endpoint>)>,
) -> Option<Listed> {
    let address = address(service)?;
    let exposure = load_balancer::exposure(controllers, service)?;
    let owner = Frontend::owned_by_balancer(namespace(service), name(service), &exposure);
    Some(Listed { owner, address, exposure, ports })
}

fn owner(service: &Object, what: &str) -> String {
    format!("service {}/{} ({what})", namespace(service), name(service))
}

fn nodes(controllers: &Controllers, ports: BTreeMap<u16, Vec<Endpoint>>) -> Vec<Listed> {
    let ports: Vec<(u16, Vec<Endpoint>)> = ports.into_iter().collect();
    let listed = |node: &std::sync::Arc<Object>| {
        let pool = text(&node["metadata"]["labels"]["agentpool"]);
        let pool = controllers.cluster.pools.iter().find(|one| one.name == pool)?;
        let exposure = match &pool.subnet {
            Some(subnet) => Exposure::Internal(subnet.id.clone()),
            None => Exposure::Cluster(controllers.cluster_id()),
        };
        let owner = Frontend::owned_by_node(name(node));
        Some(Listed { owner, address: node::address(node)?, exposure, ports: ports.clone() })
    };
    controllers.list("nodes").iter().filter_map(listed).collect()
}

/// Pods are reached by their own addresses from inside the cluster, ready or not.
fn pods(controllers: &Controllers) -> Vec<Listed> {
    let listed = |pod: &std::sync::Arc<Object>| {
        let address = text(&pod["status"]["podIP"]).parse().ok()?;
        let runs = controllers.runtime.status(uid(pod)).filter(|_| !is_deleted(pod))?;
        let listens = runs.containers.iter().flat_map(|container| &container.listens);
        let ports = listens.filter_map(|listening| Some((listening.port?, listening.socket)));
        let endpoint = |(port, socket)| (port, vec![Endpoint { pod: full_name(pod), address, port, socket }]);
        Some(Listed {
            owner: format!("pod {}", full_name(pod)),
            address,
            exposure: Exposure::Cluster(controllers.cluster_id()),
            ports: ports.map(endpoint).collect(),
        })
    };
    controllers.list("pods").iter().filter_map(listed).collect()
}

fn ports(controllers: &Controllers, service: &Object, backends: &[Backend]) -> Vec<(u16, Vec<Endpoint>)> {
    let listed = |port: &Value| {
        let ready = backends.iter().filter(|backend| backend.ready);
        let endpoints =
            ready.filter_map(|backend| endpoint(controllers, backend, target(port, &backend.pod)));
        (port_number(&port["port"]).unwrap_or(0), endpoints.collect())
    };
    tcp(service).map(listed).collect()
}

/// The socket behind a port of a Pod; a closed one if nothing listens there.
fn endpoint(controllers: &Controllers, backend: &Backend, port: u16) -> Option<Endpoint> {
    let runs = controllers.runtime.status(uid(&backend.pod))?;
    let socket = runs.socket(port).or_else(|| controllers.runtime.closed_socket())?;
    Some(Endpoint { pod: full_name(&backend.pod), address: backend.address, port, socket })
}

fn tcp(service: &Object) -> impl Iterator<Item = &Value> {
    items(&service["spec"]["ports"]).iter().filter(|port| protocol(port) == "TCP")
}

fn port_number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

fn full_name(pod: &Object) -> String {
    format!("{}/{}", namespace(pod), name(pod))
}
