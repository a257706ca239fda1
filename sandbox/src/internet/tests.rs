//! The proxy over real sockets, in front of a small virtual network.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use apim::{DataPlane, Service, Snapshot};
use diagnostic::Diagnostic;
use http::HeaderValue;
use network::{
    Endpoint, Exposure, Fabric, Frontend, Place, Port, PrivateZone, Subnet, SubnetId, Topology,
    VirtualNetwork, ZoneLink, ZoneRecord,
};
use reqwest::{Client, Proxy, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{FROM, Internet, REFUSED, UNREACHABLE};
use crate::endpoints::PortNumbers;
use crate::observed::Services;

const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 10, 1, 5);

struct Accepting;

impl DataPlane for Accepting {
    fn check(&self, _candidate: &apim::Shared<Service>) -> Result<(), Vec<Diagnostic>> {
        Ok(())
    }

    fn publish(&self, _snapshot: Snapshot) -> Result<(), Vec<Diagnostic>> {
        Ok(())
    }
}

/// Answers each connection with what it is called; gives its port.
async fn backend(name: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let length = stream.read(&mut head).await.expect("a request");
            let head = String::from_utf8_lossy(head.get(..length).unwrap_or_default()).to_lowercase();
            assert!(!head.contains("x-apimlab") && !head.contains("proxy-"), "{head}");
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{name}", name.len());
            stream.write_all(answer.as_bytes()).await.expect("written");
        }
    });
    port
}

fn fabric(pod: u16) -> Fabric {
    let id = SubnetId::new("/vnets/a/subnets/aks-subnet");
    let subnet = Subnet {
        id: id.clone(),
        name: "aks-subnet".to_owned(),
        prefix: "10.10.1.0/24".parse().expect("a range"),
        security_group: None,
    };
    let vnet = VirtualNetwork {
        id: "/vnets/a".to_owned(),
        name: "a".to_owned(),
        address_space: vec!["10.10.0.0/16".parse().expect("a range")],
        subnets: vec![subnet],
        peers: Vec::new(),
    };
    let endpoint = Endpoint {
        pod: "default/pod".to_owned(),
        address: Ipv4Addr::new(10, 244, 0, 2),
        port: 80,
        socket: (Ipv4Addr::LOCALHOST, pod).into(),
    };
    let fabric = Fabric::new();
    let zone = PrivateZone {
        name: "corp.test".to_owned(),
        links: vec![ZoneLink {
            name: "l".to_owned(),
            virtual_network: "/vnets/a".to_owned(),
            redirects: false,
            registers: false,
        }],
        records: [("api".to_owned(), ZoneRecord::Addresses(vec![BALANCER]))].into(),
    };
    fabric.set_topology(Topology {
        virtual_networks: vec![vnet],
        private_zones: vec![zone],
        ..Topology::default()
    });
    let frontend = Frontend {
        owner: "service default/private-api".to_owned(),
        address: BALANCER,
        exposure: Exposure::Internal(id),
        ports: vec![Port::new(80, vec![endpoint])],
    };
    fabric.publish("cluster", vec![frontend]);
    fabric
}

fn service() -> Service {
    Service {
        id: "/services/blog-apim".to_owned(),
        name: "blog-apim".to_owned(),
        location: "westus2".to_owned(),
        gateway: apim::GatewayKind::Classic,
        host_names: vec!["blog-apim.azure-api.net".to_owned()],
        place: Place::Internet,
        public: true,
        apis: Vec::new(),
        products: Vec::new(),
        subscriptions: Vec::new(),
        policy: None,
        fragments: Vec::new(),
        named_values: Vec::new(),
        certificates: Vec::new(),
        backends: Vec::new(),
        authorizations: Vec::new(),
        gateways: Vec::new(),
        cache: None,
        users: Vec::new(),
        schemas: Vec::new(),
    }
}

/// A running proxy: its address, and what keeps it running.
async fn proxy() -> (SocketAddr, watch::Sender<bool>) {
    let services = Services::new(Arc::new(Accepting), None);
    services.publish(Snapshot { services: vec![service().into()] }).expect("published");
    let ports = PortNumbers { gateway: backend("gateway").await, ..PortNumbers::default() };
    let fabric = Arc::new(fabric(backend("pod").await));
    let internet = Internet { fabric, services, ports, token: "secret".to_owned() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = watch::Sender::new(false);
    tokio::spawn(super::serve(Arc::new(internet), listener, stop.subscribe()));
    (address, stop)
}

/// A client that uses the proxy.
fn client(proxy: SocketAddr) -> Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let proxy = Proxy::all(format!("http://{proxy}")).expect("a proxy");
    Client::builder().proxy(proxy).tls_certs_only([]).build().expect("a client")
}

async fn get(client: &Client, url: &str, from: Option<&str>) -> Response {
    let mut request = client.get(url);
    if let Some(from) = from {
        request = request.header(FROM, HeaderValue::from_str(from).expect("a header"));
        request = request.header("proxy-authorization", "Bearer secret");
    }
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn names_lead_to_the_gateway_and_addresses_through_the_virtual_network() {
    let (proxy, _stop) = proxy().await;
    let client = client(proxy);
    let cases = [
        ("http://blog-apim.azure-api.net/nginx/", None, "gateway"),
        ("http://Blog-APIM.azure-api.net./", None, "gateway"),
        ("http://10.10.1.5/", Some("aks-subnet"), "pod"),
        ("http://API.corp.test/", Some("aks-subnet"), "pod"),
        ("http://10.10.1.5:80/x?y=z", Some("/vnets/a/subnets/aks-subnet"), "pod"),
    ];
    for (url, from, expected) in cases {
        let answer = get(&client, url, from).await;
        assert!(!answer.headers().contains_key(REFUSED), "{url}");
        assert_eq!(answer.text().await.expect("text"), expected, "{url}");
    }
}

#[tokio::test]
async fn what_the_network_does_not_reach_is_refused_with_the_reason() {
    let (proxy, _stop) = proxy().await;
    let client = client(proxy);
    let cases = [
        ("http://10.10.1.5/", None, 502, true, "which the internet is not part of"),
        ("http://10.10.1.5:81/", Some("aks-subnet"), 502, true, "nothing listens on port 81"),
        ("http://10.10.1.9/", Some("aks-subnet"), 502, true, "nothing has the address 10.10.1.9"),
        ("http://blog-apim.azure-api.net:8080/", None, 502, true, "does not listen on port 8080"),
        ("http://no.corp.test/", Some("aks-subnet"), 502, true, "zone corp.test has no such name"),
        ("http://api.corp.test/", None, 502, false, "offline"),
        ("http://10.10.1.5/", Some("no-subnet"), 400, false, "aks-subnet"),
        ("http://localhost/", Some("aks-subnet"), 502, false, "offline"),
    ];
    for (url, from, status, unreachable, text) in cases {
        let answer = get(&client, url, from).await;
        let headers = answer.headers().clone();
        assert_eq!(
            (answer.status().as_u16(), headers.contains_key(UNREACHABLE)),
            (status, unreachable),
            "{url}"
        );
        assert!(headers.contains_key(REFUSED));
        let body = answer.text().await.expect("text");
        assert!(body.contains(text), "{url}: {body}");
    }
}

#[tokio::test]
async fn a_tunnel_carries_bytes_both_ways() {
    let (proxy, _stop) = proxy().await;
    let mut stream = tokio::net::TcpStream::connect(proxy).await.expect("connected");
    let connect = "CONNECT 10.10.1.5:80 HTTP/1.1\r\nhost: 10.10.1.5:80\r\n\
                   proxy-authorization: Bearer secret\r\nx-apimlab-from: aks-subnet\r\n\r\n";
    stream.write_all(connect.as_bytes()).await.expect("written");
    let mut head = [0; 1024];
    let length = stream.read(&mut head).await.expect("an answer");
    assert!(head.get(..length).is_some_and(|head| head.starts_with(b"HTTP/1.1 200")));
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with("pod"), "{answer}");
}
