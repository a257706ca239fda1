//! The control plane: the embedded API server on port 6443, at the paths of a real one.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aks::{Cluster as _, LoadBalancerAccess, ManagedCluster, Principal, Workload};
use cluster::{Config, Embedded, LoadBalancers, Nodes, Peer};
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use network::Fabric;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::error::Error;
use crate::node::{ControlPlane, Node};
use crate::pki::Authority;
use crate::storage::Disk;

/// Where the API server listens.
pub const PORT: u16 = 6443;
const JOURNAL: &str = "/var/lib/etcd/journal";
/// A client must have finished its handshake within this time.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// What the node image itself brings along, and what stands for it.
const SYSTEM_IMAGES: [&str; 2] = ["kindest/kindnetd:*", "kindest/local-path-provisioner:*"];

/// A running control plane.
pub struct Server {
    embedded: Arc<Embedded>,
    /// The virtual network of its Pods.
    pub fabric: Arc<Fabric>,
    /// Its id in that network.
    pub id: String,
    key: String,
    token: String,
}

impl Server {
    /// Starts the control plane from what is on the disk; it answers when this returns.
    pub async fn start(
        node: &Node,
        plane: &ControlPlane,
        addresses: &[Ipv4Addr],
    ) -> Result<Arc<Self>, Error> {
        let authority = Authority::open()?;
        let mut names = plane.alternative_names.clone();
        names.extend(addresses.iter().map(Ipv4Addr::to_string));
        names.dedup();
        let tls = authority.server(&names)?;
        let fabric = Arc::new(Fabric::new());
        let model = model(node, plane)?;
        let embedded = Embedded::new(Config {
            clock: sim::Clock::system(),
            ids: sim::Ids::random(),
            fabric: Arc::clone(&fabric),
            storage: Arc::new(Disk::open(Path::new(JOURNAL))?),
            workloads: SYSTEM_IMAGES.map(idle).into(),
            supervisor: vec!["/usr/local/bin/supervise".to_owned()],
            base_url: format!("https://{}:{PORT}", node.name),
            ca_pem: authority.certificate_pem,
            client_certificate: None,
            load_balancers: LoadBalancers::External,
            nodes: Nodes::Machines,
        });
        let (id, key) = (model.id.to_lowercase(), format!("{}.{}", model.resource_group, model.name));
        embedded.apply(vec![model]);
        let server = Arc::new(Self { embedded, fabric, id, key, token: plane.token.clone() });
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await.map_err(Error::Start)?;
        tokio::spawn(Arc::clone(&server).serve(listener, TlsAcceptor::from(tls)));
        Ok(server)
    }

    /// Ends Pods and controllers; the objects stay.
    pub async fn stop(&self) {
        self.embedded.shutdown().await;
    }

    async fn serve(self: Arc<Self>, listener: TcpListener, acceptor: TlsAcceptor) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (server, acceptor) = (Arc::clone(&self), acceptor.clone());
                    tokio::spawn(async move { server.connection(stream, acceptor).await });
                }
                // Out of file descriptors: other connections must end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, acceptor: TlsAcceptor) {
        drop(stream.set_nodelay(true));
        let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
        let certified = stream.get_ref().1.peer_certificates().is_some();
        let service = service_fn(move |request| {
            let server = Arc::clone(&self);
            async move { Ok::<_, Infallible>(server.answer(request, certified).await) }
        });
        let builder = auto::Builder::new(TokioExecutor::new());
        drop(builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await);
    }

    async fn answer(&self, mut request: Request<Incoming>, certified: bool) -> Response<cluster::Body> {
        let known = certified || self.is_node(&request);
        let below = request.uri().path_and_query().map_or("/", |path| path.as_str());
        if let Ok(uri) = format!("/clusters/{}{below}", self.key).parse::<Uri>() {
            *request.uri_mut() = uri;
        }
        let peer = if known { Peer::ClientCertificate } else { Peer::Anonymous };
        self.embedded.handle(request, peer).await
    }

    /// A node shows the token that it joined with, and asks for what kubelets and kube-proxies do.
    fn is_node(&self, request: &Request<Incoming>) -> bool {
        let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let path = request.uri().path();
        let reads = [
            "/api/v1/services",
            "/api/v1/namespaces/kube-public/configmaps/cluster-info",
            crate::kubelet::NETWORK,
        ];
        let writes = path.starts_with("/api/v1/nodes");
        let allowed =
            writes || request.method() == Method::GET && reads.iter().any(|one| path.starts_with(one));
        allowed && shown.and_then(|shown| shown.strip_prefix("Bearer ")) == Some(self.token.as_str())
    }
}

fn idle(image: &str) -> Workload {
    // What runs for an image has to listen on the port that it is given.
    let command = ["/bin/sh", "-c", "exec httpd -f -p 127.0.0.1:$PORT -h /kind/manifests"];
    Workload { image: image.to_owned(), command: command.map(str::to_owned).into() }
}

fn model(node: &Node, plane: &ControlPlane) -> Result<ManagedCluster, Error> {
    let range = |text: &str| text.parse().map_err(|error| Error::Document(format!("{text}: {error}")));
    let name = plane.cluster.to_lowercase();
    Ok(ManagedCluster {
        id: format!(
            "/subscriptions/0/resourceGroups/kind/providers/Microsoft.ContainerService/managedClusters/{name}"
        ),
        resource_group: "kind".to_owned(),
        location: "local".to_owned(),
        kubernetes_version: node.version.trim_start_matches('v').to_owned(),
        node_resource_group: "kind".to_owned(),
        pools: Vec::new(),
        pod_range: range(&plane.pod_subnet)?,
        service_range: range(&plane.service_subnet)?,
        principal: Principal { client_id: String::new(), object_id: String::new() },
        load_balancer_access: LoadBalancerAccess::Granted,
        power: aks::Power::Running,
        rotations: 0,
        name,
    })
}
