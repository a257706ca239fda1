//! kube-proxy: listens on the addresses of load balancers and on node ports, and forwards to ready endpoints.
//! <https://kubernetes.io/docs/reference/networking/virtual-ips/>
//!
//! An address is listened on before the node has it, so that connections work as soon as it is added.
//!
//! **Differs from Kubernetes:** connections are forwarded by this process, so the client's address is lost even with
//! `externalTrafficPolicy: Local`; TCP only; cluster addresses are not reached from other containers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use network::{Fabric, Place};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::AbortHandle;

use crate::api::Api;
use crate::journal;

const PERIOD: Duration = Duration::from_millis(100);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// Endpoints that are tried for a connection.
const ATTEMPTS: usize = 3;

/// How connections get to Pods.
#[derive(Clone)]
pub enum Way {
    /// They are in this container, in the network of the cluster with this id.
    Fabric(Arc<Fabric>, String),
    /// Through the node port of this host, the control plane.
    NodePort(String),
}

/// Where connections to a Service's port go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    service: String,
    cluster_ip: Ipv4Addr,
    port: u16,
    node_port: u16,
}

/// The listeners of one node.
pub struct Proxy {
    api: Arc<Api>,
    way: Way,
    listeners: BTreeMap<(SocketAddr, Target), AbortHandle>,
    /// What could not be listened on, and was said.
    failed: BTreeSet<SocketAddr>,
}

impl Proxy {
    /// A proxy without listeners.
    pub fn new(api: Arc<Api>, way: Way) -> Self {
        Self { api, way, listeners: BTreeMap::new(), failed: BTreeSet::new() }
    }

    /// Follows the cluster's Services until the container ends.
    pub async fn run(mut self) {
        loop {
            if let Ok(services) = self.api.get("/api/v1/services").await {
                self.follow(wanted(&services));
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    fn follow(&mut self, wanted: BTreeSet<(SocketAddr, Target)>) {
        self.listeners.retain(|listener, task| {
            let keep = wanted.contains(listener);
            if !keep {
                task.abort();
            }
            keep
        });
        for (address, target) in wanted {
            if self.listeners.contains_key(&(address, target.clone())) {
                continue;
            }
            match listen(address) {
                Ok(listener) => {
                    journal::write("kube-proxy", &format!("{address} leads to {}", target.service));
                    self.failed.remove(&address);
                    let task = tokio::spawn(serve(listener, target.clone(), self.way.clone()));
                    self.listeners.insert((address, target), task.abort_handle());
                }
                Err(error) if self.failed.insert(address) => {
                    journal::write("kube-proxy", &format!("{address} cannot be listened on: {error}"));
                }
                Err(_) => {}
            }
        }
    }
}

/// What is to be listened on.
fn wanted(services: &Value) -> BTreeSet<(SocketAddr, Target)> {
    let mut wanted = BTreeSet::new();
    for service in services["items"].as_array().into_iter().flatten() {
        let (metadata, spec) = (&service["metadata"], &service["spec"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let Ok(cluster_ip) = text(&spec["clusterIP"]).parse() else { continue };
        let ingress = service["status"]["loadBalancer"]["ingress"].as_array().into_iter().flatten();
        let addresses: Vec<Ipv4Addr> = ingress.filter_map(|one| text(&one["ip"]).parse().ok()).collect();
        for port in spec["ports"].as_array().into_iter().flatten() {
            let number = |field: &str| port[field].as_u64().and_then(|number| u16::try_from(number).ok());
            let (Some(own), "TCP") = (number("port"), port["protocol"].as_str().unwrap_or("TCP")) else {
                continue;
            };
            let node_port = number("nodePort").unwrap_or(0);
            let service = format!("{}/{}", text(&metadata["namespace"]), text(&metadata["name"]));
            let target = Target { service, cluster_ip, port: own, node_port };
            if node_port > 0 {
                wanted.insert((SocketAddr::from((Ipv4Addr::UNSPECIFIED, node_port)), target.clone()));
            }
            wanted
                .extend(addresses.iter().map(|address| (SocketAddr::from((*address, own)), target.clone())));
        }
    }
    wanted
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    rustix::net::sockopt::set_ip_freebind(&socket, true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn serve(listener: TcpListener, target: Target, way: Way) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(forward(client, target.clone(), way.clone()))),
            // Out of file descriptors: other connections must end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// A Service without ready endpoints closes the connection, as a rejecting rule does.
async fn forward(mut client: TcpStream, target: Target, way: Way) {
    for _ in 0..ATTEMPTS {
        let dialled = match &way {
            Way::Fabric(fabric, cluster) => {
                let place = Place::Cluster { cluster: cluster.clone(), subnet: None };
                let Ok(route) = fabric.route(&place, target.cluster_ip, target.port) else { return };
                let Some(endpoint) = route.port.next() else { return };
                TcpStream::connect(endpoint.socket).await
            }
            Way::NodePort(host) => TcpStream::connect((host.as_str(), target.node_port)).await,
        };
        if let Ok(mut server) = dialled {
            drop((client.set_nodelay(true), server.set_nodelay(true)));
            drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn load_balancers_and_node_ports_are_listened_on() {
        let services = json!({"items": [
            {
                "metadata": {"namespace": "default", "name": "api"},
                "spec": {"clusterIP": "10.96.0.9", "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}]},
                "status": {"loadBalancer": {"ingress": [{"ip": "10.10.1.5"}]}},
            },
            {"metadata": {"name": "headless"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}},
        ]});
        let wanted: Vec<String> = wanted(&services).iter().map(|(address, _)| address.to_string()).collect();
        assert_eq!(wanted, ["0.0.0.0:30080", "10.10.1.5:80"]);
    }

    #[tokio::test]
    async fn an_address_is_listened_on_before_it_is_there() {
        let listener = listen("203.0.113.77:0".parse().expect("an address")).expect("a listener");
        assert_eq!(listener.local_addr().expect("an address").ip().to_string(), "203.0.113.77");
    }
}
