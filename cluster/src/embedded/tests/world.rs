//! A back end with one cluster, served on a real socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aks::{AgentPool, Cluster as _, LoadBalancerAccess, ManagedCluster, NodeSubnet, Principal};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use network::{Cidr, Fabric, Subnet, SubnetId, Topology, VirtualNetwork};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::embedded::store::tests::Memory;
use crate::{Config, Embedded, Peer};

pub const ID: &str =
    "/subscriptions/s/resourceGroups/Lab/providers/Microsoft.ContainerService/managedClusters/aks";
pub const SUBNET: &str =
    "/subscriptions/s/resourceGroups/Lab/providers/Microsoft.Network/virtualNetworks/v/subnets/aks";

pub struct World {
    pub embedded: Arc<Embedded>,
    pub storage: Arc<Memory>,
    pub address: SocketAddr,
    pub token: String,
}

/// What a request was answered with.
pub struct Answer {
    pub code: u16,
    pub body: Value,
    pub text: String,
    pub head: http::response::Parts,
}

pub fn cluster() -> ManagedCluster {
    let range = |text: &str| text.parse::<Cidr>().expect("a range");
    ManagedCluster {
        id: ID.to_owned(),
        name: "aks".into(),
        resource_group: "Lab".into(),
        location: "westus2".into(),
        kubernetes_version: "1.34.2".into(),
        node_resource_group: "MC_Lab_aks_westus2".into(),
        pools: vec![AgentPool {
            name: "nodepool1".into(),
            count: 1,
            vm_size: "Standard_D2_v2".into(),
            subnet: Some(NodeSubnet { id: SubnetId::new(SUBNET), prefix: range("10.10.1.0/24") }),
        }],
        pod_range: range("10.244.0.0/16"),
        service_range: range("10.0.0.0/16"),
        principal: Principal { client_id: "c".into(), object_id: "o".into() },
        load_balancer_access: LoadBalancerAccess::Granted,
        power: aks::Power::Running,
        rotations: 0,
    }
}

/// One virtual network with the cluster's subnet.
pub fn topology() -> Topology {
    let subnet = Subnet {
        id: SubnetId::new(SUBNET),
        name: "aks".into(),
        prefix: "10.10.1.0/24".parse().expect("a range"),
        security_group: None,
    };
    Topology {
        virtual_networks: vec![VirtualNetwork {
            id: "/v".into(),
            name: "v".into(),
            address_space: vec!["10.10.0.0/16".parse().expect("a range")],
            subnets: vec![subnet],
            peers: Vec::new(),
        }],
        ..Topology::default()
    }
}

impl World {
    /// A back end whose cluster runs.
    pub async fn start() -> Self {
        Self::on(Arc::default()).await
    }

    /// A back end that takes every client for one with the certificate: over plain HTTP `kubectl` shows no token.
    pub async fn trusting() -> Self {
        Self::serving(Arc::default(), Peer::ClientCertificate, |_| {}).await
    }

    /// A back end whose load balancers are made by somebody else.
    pub async fn external(workloads: Vec<aks::Workload>) -> Self {
        let change = |config: &mut Config| {
            config.load_balancers = crate::LoadBalancers::External;
            config.workloads = workloads;
        };
        Self::serving(Arc::default(), Peer::Anonymous, change).await
    }

    /// A back end on what an earlier one has left.
    pub async fn on(storage: Arc<Memory>) -> Self {
        Self::serving(storage, Peer::Anonymous, |_| {}).await
    }

    async fn serving(storage: Arc<Memory>, peer: Peer, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let fabric = Arc::new(Fabric::new());
        fabric.set_topology(topology());
        let mut config = Config {
            clock: sim::Clock::system(),
            ids: sim::Ids::random(),
            fabric,
            storage: Arc::clone(&storage) as Arc<dyn aks::Storage>,
            workloads: Vec::new(),
            supervisor: Vec::new(),
            base_url: format!("http://{address}"),
            ca_pem: String::new(),
            client_certificate: None,
            load_balancers: crate::LoadBalancers::Azure,
            nodes: crate::embedded::Nodes::Pools,
        };
        change(&mut config);
        let embedded = Embedded::new(config);
        tokio::spawn(serve(listener, Arc::clone(&embedded), peer));
        embedded.apply(vec![cluster()]);
        let kubeconfig = embedded.kubeconfig(ID).expect("it runs");
        let token = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("token: ")).expect("a token");
        let token = token.trim_matches('"').to_owned();
        Self { embedded, storage, address, token }
    }

    pub fn kubeconfig(&self) -> String {
        self.embedded.kubeconfig(ID).expect("it runs")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "", "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, "application/json", &body.to_string()).await
    }

    pub async fn patch(&self, path: &str, kind: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, &format!("application/{kind}"), &body.to_string()).await
    }

    pub async fn ask(&self, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        self.ask_with(method, path, &[("content-type", kind)], body).await
    }

    pub async fn ask_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let response = self.send(method, path, headers, body).await;
        let (head, body) = response.into_parts();
        let text = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&text).into_owned();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { code: head.status.as_u16(), body, text, head }
    }

    /// Sends a request, without reading the answer's body.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.expect("connected");
        stream.set_nodelay(true).expect("an option");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/clusters/lab.aks{path}"))
            .header("host", "localhost")
            .header("user-agent", "tester/1");
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
        sender.send_request(request).await.expect("an answer")
    }

    /// Waits until an object is as it should be.
    pub async fn until(&self, path: &str, what: &str, good: impl Fn(&Answer) -> bool) -> Answer {
        for _ in 0..1_000 {
            let answer = self.get(path).await;
            if good(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} never {what}: {}", self.get(path).await.text);
    }

    pub fn break_storage(&self) {
        self.storage.broken.store(true, Ordering::Relaxed);
    }
}

async fn serve(listener: TcpListener, embedded: Arc<Embedded>, peer: Peer) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("an option");
        let embedded = Arc::clone(&embedded);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let embedded = Arc::clone(&embedded);
                async move { Ok::<_, std::convert::Infallible>(embedded.handle(request, peer).await) }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Checks the code and some texts of an answer.
#[track_caller]
pub fn check(answer: &Answer, code: u16, texts: &[&str]) {
    assert_eq!(answer.code, code, "{}", answer.text);
    for text in texts {
        assert!(answer.text.contains(text), "{text} is not in {}", answer.text);
    }
}
