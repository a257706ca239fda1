//! Application gateways in front of backends on loopback: what is listened for, and where it goes.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Incoming;
use network::{
    ApplicationGateway, Endpoint, Exposure, Fabric, Frontend, HostHeader, Listener, Place, PoolBackend, Port,
    Subnet, SubnetId, Topology, VirtualNetwork,
};
use reqwest::Client;

use super::*;
use crate::endpoints::PortNumbers;
use crate::observed::Services;

const OWN: Ipv4Addr = Ipv4Addr::new(10, 10, 3, 100);
const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 10, 1, 5);

/// Takes everything.
struct Accepting;

impl apim::DataPlane for Accepting {
    fn check(&self, _: &apim::Shared<apim::Service>) -> Result<(), Vec<diagnostic::Diagnostic>> {
        Ok(())
    }

    fn publish(&self, _: apim::Snapshot) -> Result<(), Vec<diagnostic::Diagnostic>> {
        Ok(())
    }
}

fn subnet(name: &str) -> SubnetId {
    SubnetId::new(format!("/vnets/a/subnets/{name}"))
}

fn backend(members: &[&str], host: HostHeader) -> PoolBackend {
    PoolBackend {
        members: members.iter().map(|member| (*member).to_owned()).collect(),
        port: 80,
        tls: false,
        host,
        path: None,
        timeout: Duration::from_secs(20),
    }
}

fn listener(hosts: &[&str], backend: Option<PoolBackend>) -> Listener {
    Listener {
        address: OWN,
        exposure: Exposure::Internal(subnet("front")),
        port: 80,
        host_names: hosts.iter().map(|host| (*host).to_owned()).collect(),
        paths: Vec::new(),
        backend,
    }
}

fn topology(listeners: Vec<Listener>) -> Topology {
    let part = |name: &str, prefix: &str| Subnet {
        id: subnet(name),
        name: name.to_owned(),
        prefix: prefix.parse().expect("a range"),
        security_group: None,
    };
    let vnet = VirtualNetwork {
        id: "/vnets/a".to_owned(),
        name: "a".to_owned(),
        address_space: vec!["10.10.0.0/16".parse().expect("a range")],
        subnets: vec![part("aks", "10.10.1.0/24"), part("front", "10.10.3.0/24")],
        peers: Vec::new(),
    };
    let gateway = ApplicationGateway {
        id: "/gateways/g".to_owned(),
        name: "g".to_owned(),
        subnet: subnet("front"),
        listeners,
    };
    Topology { virtual_networks: vec![vnet], application_gateways: vec![gateway], ..Topology::default() }
}

/// A Pod that says what it was asked.
async fn pod() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let socket = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let stop = watch::Sender::new(false);
        server::serve(listener, None, stop.subscribe(), |_| {
            service_fn(|request: http::Request<Incoming>| async move {
                let header = |name: &str| {
                    request
                        .headers()
                        .get(name)
                        .and_then(|value| value.to_str().ok())
                        .unwrap_or("-")
                        .to_owned()
                };
                let text = format!("{} {} {}", request.uri(), header("host"), header("x-original-host"));
                Ok::<_, Infallible>(http::Response::new(Full::new(bytes::Bytes::from(text))))
            })
        })
        .await;
    });
    socket
}

/// A network with a Pod behind a load balancer, and a served application gateway.
async fn world(listeners: Vec<Listener>) -> (Arc<Fabric>, watch::Sender<bool>) {
    let fabric = Arc::new(Fabric::new());
    fabric.set_topology(topology(listeners));
    let endpoint =
        Endpoint { pod: "default/pod".to_owned(), address: BALANCER, port: 80, socket: pod().await };
    let frontend = Frontend {
        owner: "service default/private-api".to_owned(),
        address: BALANCER,
        exposure: Exposure::Internal(subnet("aks")),
        ports: vec![Port::new(80, vec![endpoint])],
    };
    fabric.publish("cluster", vec![frontend]);
    let internet = Internet {
        fabric: Arc::clone(&fabric),
        services: Services::new(Arc::new(Accepting), None),
        ports: PortNumbers::default(),
        token: String::new(),
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let stop = watch::Sender::new(false);
    let world = World { internet: Arc::new(internet), tls: Arc::new(tls) };
    tokio::spawn(serve(Arc::new(world), stop.subscribe()));
    (fabric, stop)
}

/// The real socket behind the gateway's address, as soon as there is one.
async fn socket(fabric: &Fabric) -> SocketAddr {
    for _ in 0..2_000 {
        if let Ok(route) = fabric.route(&Place::Subnet(subnet("aks")), OWN, 80) {
            return route.port.next().expect("an endpoint").socket;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the listener did not open");
}

async fn ask(socket: SocketAddr, host: &str, path: &str) -> (u16, String) {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let client = Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
    let request = client.get(format!("http://{socket}{path}")).header("host", host);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[tokio::test]
async fn requests_go_to_the_pool_that_their_host_and_path_choose() {
    let mut sites = listener(&["*.corp.test"], Some(backend(&["10.10.1.9", "10.10.1.5"], HostHeader::Kept)));
    let fixed = PoolBackend {
        path: Some("/v1/".to_owned()),
        ..backend(&["10.10.1.5"], HostHeader::Fixed("api.test".to_owned()))
    };
    sites.paths = vec![(vec!["/api/*".to_owned()], fixed)];
    let closed = listener(&["closed.test"], Some(backend(&["10.10.1.9"], HostHeader::Kept)));
    let (fabric, _stop) = world(vec![sites, closed, listener(&["stored.test"], None)]).await;
    let socket = socket(&fabric).await;
    for (host, path, status, says) in [
        ("a.corp.test", "/x?y=z", 200, "/x?y=z a.corp.test a.corp.test"),
        ("a.corp.test", "/x", 200, "/x a.corp.test a.corp.test"),
        ("A.corp.test:80", "/api/x", 200, "/v1/api/x api.test A.corp.test:80"),
        ("closed.test", "/", 502, "Microsoft-Azure-Application-Gateway/v2"),
        ("stored.test", "/", 502, "502 Bad Gateway"),
        ("other.test", "/", 404, "404 Not Found"),
    ] {
        let (code, text) = ask(socket, host, path).await;
        assert_eq!(code, status, "{host}{path}: {text}");
        assert!(text.contains(says), "{host}{path}: {text}");
    }
}

#[tokio::test]
async fn rules_change_and_listeners_go_with_their_resource() {
    let all = |host: HostHeader| listener(&[], Some(backend(&["10.10.1.5"], host)));
    let (fabric, _stop) = world(vec![all(HostHeader::Kept)]).await;
    let socket = socket(&fabric).await;
    assert_eq!(ask(socket, "h", "/").await, (200, "/ h h".to_owned()));
    fabric.set_topology(topology(vec![all(HostHeader::Member)]));
    let mut last = String::new();
    for _ in 0..2_000 {
        last = ask(socket, "h", "/").await.1;
        if last == "/ 10.10.1.5 h" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(last, "/ 10.10.1.5 h");
    fabric.set_topology(topology(Vec::new()));
    for _ in 0..2_000 {
        if fabric.route(&Place::Subnet(subnet("aks")), OWN, 80).is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the listener stayed");
}
