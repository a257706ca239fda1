//! A service, a network and backends to test with; each test has its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apim::{
    Api, Backend, BackendCredentials, BackendIdentity, BackendKind, Contract, DataPlane, Fragment, Key,
    Operation, Parameter, PolicyDocument, PolicyFormat, Product, Representation, ResponseContract, Schema,
    Scheme, Scope, Secret, Service, SingleBackend, Snapshot, Subscription,
};
use network::{
    Endpoint, Exposure, Fabric, Frontend, Place, Port, Subnet, SubnetId, Topology, VirtualNetwork,
};
use sim::{Clock, Ids};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::authority::{Authority, authority};
use crate::{AccessToken, Config, Gateway, TokenFuture, TokenSource, Wanted};

/// No test waits longer for anything.
pub const BOUND: Duration = Duration::from_secs(20);

/// The load balancer's address.
pub const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 10, 1, 5);

/// A gateway that serves, and the network behind it.
pub struct World {
    pub gateway: Arc<Gateway>,
    pub fabric: Arc<Fabric>,
    pub clock: Clock,
    pub address: SocketAddr,
    pub stop: watch::Sender<bool>,
    pub served: JoinHandle<()>,
}

/// Gives tokens that say whom they are for; none for `unknown`.
#[derive(Debug)]
struct Tokens;

impl TokenSource for Tokens {
    fn token<'a>(&'a self, wanted: &'a Wanted) -> TokenFuture<'a> {
        let Wanted { client_id, resource, .. } = wanted;
        let text = format!("{}@{resource}", client_id.as_deref().unwrap_or("own"));
        Box::pin(async move {
            if resource == "unknown" {
                return Err("the resource is unknown".to_owned());
            }
            Ok(AccessToken { text, expires: i64::MAX })
        })
    }
}

/// A response as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub head: Vec<String>,
    pub body: String,
}

/// A backend that answers every request alike and remembers what it got.
pub struct Recorder {
    pub socket: SocketAddr,
    heads: Arc<Mutex<Vec<Vec<String>>>>,
    connections: Arc<AtomicUsize>,
}

impl World {
    pub async fn with(service: Service) -> Self {
        Self::start(service, Clock::system(), None).await
    }

    pub async fn start(service: Service, clock: Clock, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        Self::sharing(service, (clock, tls), None).await
    }

    /// The same for a gateway that counts together with others.
    pub async fn sharing(
        service: Service,
        (clock, tls): (Clock, Option<Arc<rustls::ServerConfig>>),
        redis: Option<apim::Redis>,
    ) -> Self {
        let fabric = Arc::new(Fabric::new());
        fabric.set_topology(topology());
        let config = Config {
            clock: clock.clone(),
            ids: Ids::sequence(),
            fabric: Arc::clone(&fabric),
            roots: Arc::clone(&authority().roots),
            entra: Some(crate::Entra { origin: "https://localhost:1".to_owned(), tokens: Arc::new(Tokens) }),
            redis,
        };
        let gateway = Gateway::new(config);
        gateway.publish(Snapshot { services: vec![service.into()] }).expect("a service that compiles");
        // A trace takes identifiers, which tests count.
        gateway.sample(0);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(Arc::clone(&gateway).serve(listener, tls, stopped));
        Self { gateway, fabric, clock, address, stop, served }
    }

    /// The Pods behind the load balancer from now on.
    pub fn pods(&self, sockets: &[SocketAddr]) {
        let endpoints = sockets.iter().map(|socket| Endpoint {
            pod: format!("default/{socket}"),
            address: Ipv4Addr::new(10, 10, 1, 40),
            port: 80,
            socket: *socket,
        });
        let frontend = Frontend {
            owner: "service default/private-api".to_owned(),
            address: BALANCER,
            exposure: Exposure::Internal(aks_subnet()),
            ports: vec![Port::new(80, endpoints.collect())],
        };
        self.fabric.publish("cluster", vec![frontend]);
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// One request on a connection of its own; a `Host` is added where there is none.
    pub async fn call(&self, lines: &[&str]) -> Reply {
        let mut stream = self.connect().await;
        send(&mut stream, lines).await;
        reply(&mut stream).await
    }

    /// The same with the exact bytes of the request; everything that comes back until the connection closes.
    pub async fn raw(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("a request sent");
        let mut answer = Vec::new();
        // A connection that is reset after its answer is closed all the same.
        let _ = timeout(BOUND, stream.read_to_end(&mut answer)).await.expect("a closed connection");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Recorder {
    pub async fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let socket = listener.local_addr().expect("an address");
        let heads: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
        let seen = Arc::clone(&heads);
        let connections: Arc<AtomicUsize> = Arc::default();
        let accepted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::Relaxed);
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    while let Some(head) = read_head(&mut stream).await {
                        seen.lock().unwrap_or_else(PoisonError::into_inner).push(head);
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { socket, heads, connections }
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The heads of the requests that came, a line each, in lower case but for the request line.
    pub fn heads(&self) -> Vec<Vec<String>> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reply {
    pub fn status(&self) -> u16 {
        self.head.first().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub async fn send(stream: &mut TcpStream, lines: &[&str]) {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    if !lines.iter().any(|line| line.to_ascii_lowercase().starts_with("host:")) {
        text.push_str("Host: blog-apim.azure-api.net\r\n");
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).await.expect("a request sent");
}

/// Reads one response with a length, in chunks, or without a body.
pub async fn reply(stream: &mut TcpStream) -> Reply {
    let head = timeout(BOUND, read_head(stream)).await.expect("an answer in time").expect("an answer");
    let mut reply = Reply { head, body: String::new() };
    let mut body = Vec::new();
    if reply.header("transfer-encoding") == Some("chunked") {
        loop {
            let line = read_line(stream).await;
            let size = usize::from_str_radix(line.trim(), 16).expect("a chunk size");
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk).await.expect("a chunk");
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = reply.header("content-length") {
        body = vec![0; length.parse().expect("a length")];
        timeout(BOUND, stream.read_exact(&mut body)).await.expect("a body in time").expect("a body");
    }
    reply.body = String::from_utf8(body).expect("text");
    reply
}

pub async fn read_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stream.read_u8().await.expect("a byte"));
    }
    String::from_utf8_lossy(&line).into_owned()
}

/// The head of a message: its first line, and header lines with lower-case names. `None` at the end.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let lines = text.trim_end().split("\r\n").enumerate().map(|(at, line)| match line.split_once(':') {
        Some((name, value)) if at > 0 => format!("{}:{value}", name.to_ascii_lowercase()),
        _ => line.to_owned(),
    });
    Some(lines.collect())
}

/// A service in the virtual network with one open API, `api`, whose backend is the load balancer.
pub fn service() -> Service {
    Service {
        location: "westus2".to_owned(),
        host_names: vec!["blog-apim.azure-api.net".to_owned(), "blog-apim.azure-api.localhost".to_owned()],
        place: Place::Subnet(SubnetId::new("/vnets/v/subnets/apim")),
        apis: vec![api("api", "api").into()],
        products: vec![product("open", false, &["api"])],
        subscriptions: vec![subscription("all", Scope::AllApis, "primary")],
        fragments: vec![fragment(
            "example",
            "<fragment><set-header name='X-Example' exists-action='append'><value>fragment</value></set-header></fragment>",
        )],
        schemas: vec![number()],
        certificates: vec![Authority::client()],
        backends: vec![secured(), backend("safety", ""), backend("embeddings", "/embeddings")],
        ..Service::empty("blog-apim")
    }
}

/// A backend of the service with credentials, behind the load balancer.
fn secured() -> Backend {
    let secret = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
    Backend {
        name: "secured".to_owned(),
        kind: BackendKind::Single(Box::new(SingleBackend {
            credentials: BackendCredentials {
                headers: vec![secret("X-Key", "secret")],
                query: vec![secret("code", "a b")],
                authorization: Some(Secret::new("Basic abc")),
                ..BackendCredentials::default()
            },
            ..SingleBackend::at(format!("http://{BALANCER}/secured"))
        })),
    }
}

/// The same with a key and the service's identity, at a path.
fn backend(name: &str, path: &str) -> Backend {
    let headers = vec![("Api-Key".to_owned(), Secret::new(format!("key of {name}")))];
    let identity = Some(BackendIdentity { client_id: None, resource: format!("api://{name}") });
    let credentials = BackendCredentials { headers, identity, ..BackendCredentials::default() };
    let address = SingleBackend { credentials, ..SingleBackend::at(format!("http://{BALANCER}{path}")) };
    Backend { name: name.to_owned(), kind: BackendKind::Single(Box::new(address)) }
}

pub fn api(name: &str, path: &str) -> Api {
    let methods = ["GET", "POST", "HEAD", "OPTIONS", "PUT"];
    Api {
        name: name.to_owned(),
        display_name: name.to_owned(),
        kind: apim::ApiKind::Http,
        path: path.to_owned(),
        revision: "1".to_owned(),
        current: true,
        version: None,
        schemes: vec![Scheme::Http, Scheme::Https],
        service_url: Some(format!("http://{BALANCER}/")),
        subscription_required: true,
        key_header: "Ocp-Apim-Subscription-Key".to_owned(),
        key_query: "subscription-key".to_owned(),
        operations: methods
            .iter()
            .flat_map(|method| [operation(method, "/"), operation(method, "/{name}")])
            .map(Into::into)
            .collect(),
        schemas: vec![pets()],
        resolvers: Vec::new(),
        policy: None,
    }
}

/// An API of GraphQL: `(type, field, data source)` for each resolver.
pub fn graphql_api(path: &str, resolvers: &[(&str, &str, &str)]) -> Api {
    let schema = Schema {
        name: "graphql".to_owned(),
        content_type: "application/vnd.ms-azure-apim.graphql.schema".to_owned(),
        document: BOOKS.to_owned(),
    };
    let resolver = |(type_name, field, text): &(&str, &str, &str)| apim::Resolver {
        name: format!("{type_name}-{field}"),
        type_name: (*type_name).to_owned(),
        field: (*field).to_owned(),
        policy: Some(policy(&format!("/resolvers/{type_name}/{field}"), text)),
    };
    Api {
        kind: apim::ApiKind::GraphQl,
        service_url: None,
        operations: Vec::new(),
        schemas: vec![schema],
        resolvers: resolvers.iter().map(resolver).collect(),
        ..api(path, path)
    }
}

/// A schema of GraphQL.
const BOOKS: &str = "\
    type Query { book(id: ID!): Book books(first: Int = 2, filter: Filter): [Book!]! any: Any search: [Any] node: Node }
    type Mutation { add(title: String!): Book drop(id: ID!): Boolean! }
    type Subscription { added: Book }
    interface Node { id: ID! }
    type Book implements Node { id: ID! title: String price: Float pages: Int! author: Author kind: Kind tags: [String!] next: Book }
    type Author { name: String! books: [Book] }
    union Any = Book | Author
    enum Kind { NOVEL POEM }
    input Filter { kind: Kind = NOVEL, titles: [String!] }";

/// A schema of XML with one element.
fn number() -> Schema {
    let document = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:n'><xs:element name='n' type='xs:int'/></xs:schema>";
    Schema { name: "number".to_owned(), content_type: "xml".to_owned(), document: document.to_owned() }
}

/// A schema with two definitions.
fn pets() -> Schema {
    let document = r##"{"components": {"schemas": {
        "Name": {"type": "string", "maxLength": 10},
        "Pet": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": "integer", "format": "int64"}, "tag": {"type": "string", "nullable": true},
            "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Name"}}}}}}}"##;
    let content_type = "application/vnd.oai.openapi.components+json".to_owned();
    Schema { name: "pets".to_owned(), content_type, document: document.to_owned() }
}

/// What the operations with a name in their path declare.
fn contract() -> Contract {
    let parameter = |name: &str, kind: &str, definition: Option<&str>| Parameter {
        name: name.to_owned(),
        kind: kind.to_owned(),
        schema: definition.map(|definition| ("pets".to_owned(), definition.to_owned())),
        ..Parameter::default()
    };
    let body = |content_type: &str, definition: &str, examples: &[&str]| Representation {
        content_type: content_type.to_owned(),
        schema: Some(("pets".to_owned(), definition.to_owned())),
        examples: examples.iter().map(|example| (*example).to_owned()).collect(),
    };
    let response = |status: u16, representations: Vec<Representation>| ResponseContract {
        status,
        headers: [parameter("X-Count", "integer", None)].into(),
        representations: representations.into(),
    };
    Contract {
        template_parameters: [Parameter { required: true, ..parameter("name", "string", Some("Name")) }]
            .into(),
        query_parameters: [parameter("n", "integer", None)].into(),
        headers: [parameter("X-N", "integer", None)].into(),
        representations: [body("application/json", "Pet", &[])].into(),
        responses: [
            response(200, vec![body("application/json", "Pet", &["{\"id\":7}", "{\"id\":8}"])]),
            response(201, vec![body("application/json", "Pet", &[]), body("application/xml", "Pet", &[])]),
        ]
        .into(),
    }
}

pub fn operation(method: &str, template: &str) -> Operation {
    Operation {
        name: format!("{method} {template}"),
        display_name: template.to_owned(),
        method: method.to_owned(),
        url_template: template.to_owned(),
        contract: if template.contains("{name}") { contract() } else { Contract::default() },
        policy: None,
    }
}

pub fn product(name: &str, subscription_required: bool, apis: &[&str]) -> Product {
    Product {
        name: name.to_owned(),
        display_name: name.to_owned(),
        subscription_required,
        approval_required: false,
        subscriptions_limit: None,
        groups: Vec::new(),
        apis: apis.iter().map(|api| (*api).to_owned()).collect(),
        policy: None,
    }
}

pub fn subscription(name: &str, scope: Scope, key: &str) -> Subscription {
    Subscription::active(name, scope, [Key::new(key), Key::new(format!("{key}-2"))])
}

pub fn fragment(name: &str, text: &str) -> Fragment {
    Fragment { name: name.to_owned(), document: policy(&format!("/fragments/{name}"), text) }
}

pub fn policy(path: &str, text: &str) -> PolicyDocument {
    PolicyDocument { path: path.to_owned(), format: PolicyFormat::RawXml, text: text.to_owned() }
}

fn aks_subnet() -> SubnetId {
    SubnetId::new("/vnets/v/subnets/aks")
}

fn topology() -> Topology {
    let subnet = |name: &str, prefix: &str| Subnet {
        id: SubnetId::new(format!("/vnets/v/subnets/{name}")),
        name: name.to_owned(),
        prefix: prefix.parse().expect("a range"),
        security_group: None,
    };
    let vnet = VirtualNetwork {
        id: "/vnets/v".to_owned(),
        name: "v".to_owned(),
        address_space: vec!["10.10.0.0/16".parse().expect("a range")],
        subnets: vec![subnet("aks", "10.10.1.0/24"), subnet("apim", "10.10.2.0/24")],
        peers: Vec::new(),
    };
    Topology { virtual_networks: vec![vnet], ..Topology::default() }
}
