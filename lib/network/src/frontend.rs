//! Addresses that something answers on: load balancers, node ports, cluster addresses of Services.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use crate::SubnetId;

/// A virtual address with ports that lead to endpoints.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frontend {
    /// Who has the address, for people: `service default/private-api (internal load balancer)`.
    pub owner: String,
    /// The virtual address.
    pub address: Ipv4Addr,
    /// Who can reach it.
    pub exposure: Exposure,
    /// What listens there.
    pub ports: Vec<Port>,
}

/// Who can reach a frontend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exposure {
    /// Everybody.
    Public,
    /// Everything in the virtual network of this subnet.
    Internal(SubnetId),
    /// Pods of the cluster with this ARM id.
    Cluster(String),
}

/// A port of a frontend, and the endpoints that share its connections.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The port's number.
    pub number: u16,
    /// The endpoints that are ready.
    pub endpoints: Arc<[Endpoint]>,
    #[serde(skip)]
    turn: Arc<AtomicUsize>,
}

/// A port of a Pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The Pod, `namespace/name`.
    pub pod: String,
    /// The Pod's virtual address.
    pub address: Ipv4Addr,
    /// The port in the Pod.
    pub port: u16,
    /// The real loopback socket.
    pub socket: SocketAddr,
}

impl Frontend {
    /// Who has the address, for people, when that is a node.
    pub fn owned_by_node(name: &str) -> String {
        format!("node {name}")
    }

    /// Who has the address, for people, when that is a Service with a load balancer.
    pub fn owned_by_balancer(namespace: &str, service: &str, exposure: &Exposure) -> String {
        let kind = if *exposure == Exposure::Public { "public" } else { "internal" };
        format!("service {namespace}/{service} ({kind} load balancer)")
    }

    /// The node that has the address.
    pub fn node(&self) -> Option<&str> {
        self.owner.strip_prefix("node ")
    }

    /// The Service, `namespace/name`, whose load balancer has the address.
    pub fn balanced_service(&self) -> Option<&str> {
        let (service, kind) = self.owner.strip_prefix("service ")?.split_once(" (")?;
        kind.ends_with("load balancer)").then_some(service)
    }
}

impl Port {
    /// The port `number`, whose connections `endpoints` share.
    pub fn new(number: u16, endpoints: Vec<Endpoint>) -> Self {
        Self { number, endpoints: endpoints.into(), turn: Arc::default() }
    }

    /// The endpoint whose turn it is, `None` if none is ready.
    pub fn next(&self) -> Option<&Endpoint> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.endpoints.get(turn.checked_rem(self.endpoints.len())?)
    }
}
