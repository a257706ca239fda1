//! A cluster whose load balancers are made from outside of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aks::{Denial, LoadBalancerAccess, ManagedCluster};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use network::{Fabric, Place, Route, SubnetId, Unreachable};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::embedded::tests::world::{World, cluster, topology};
use crate::kind::Implementation;
use crate::kind::balancer::{self, Context, Images};
use crate::kind::builtin::tests::Nodes;
use crate::object::{items, text};

pub const INTERNAL: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";
pub const ADDRESS: &str = "service.beta.kubernetes.io/azure-load-balancer-ipv4";

/// A registry that has everything, or nothing.
pub struct Registry(pub Result<(), String>);

impl Images for Registry {
    fn provide<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), String>> {
        std::future::ready(self.0.clone()).boxed()
    }
}

pub struct Lab {
    pub world: World,
    pub node: String,
    pub running: Running,
}

/// The load balancers, until they are stopped.
pub struct Running {
    pub fabric: Arc<Fabric>,
    pub model: watch::Sender<Arc<ManagedCluster>>,
    pub nodes: Arc<Nodes>,
    pub said: Arc<Mutex<Vec<String>>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(world: &World, nodes: Arc<Nodes>, implementation: Implementation, registry: Registry) -> Self {
        let fabric = Arc::new(Fabric::new());
        fabric.set_topology(topology());
        let (model, receiver) = watch::channel(Arc::new(cluster()));
        let (stop, stopped) = watch::channel(false);
        let said = Arc::<Mutex<Vec<String>>>::default();
        let hears = Arc::clone(&said);
        let context = Context {
            cluster: receiver,
            client: client(world),
            fabric: fabric.clone(),
            clock: sim::Clock::system(),
            implementation,
            nodes: nodes.clone(),
            images: Arc::new(registry),
            reach: balancer::directly(),
            report: Arc::new(move |sentence| hears.lock().expect("no panic").push(sentence.to_owned())),
        };
        let task = tokio::spawn(balancer::run(context, stopped));
        Self { fabric, model, nodes, said, stop, task }
    }
}

pub fn client(world: &World) -> kube::Client {
    let uri = format!("http://{}/clusters/lab.aks", world.address).parse().expect("an address");
    let mut config = kube::Config::new(uri);
    config.auth_info.token = Some(world.token.clone().into());
    kube::Client::try_from(config).expect("a client")
}

impl Lab {
    /// With the built-in implementation.
    pub async fn start() -> Self {
        Self::start_with(World::external(Vec::new()).await, Implementation::Builtin, Registry(Ok(()))).await
    }

    pub async fn start_with(world: World, implementation: Implementation, registry: Registry) -> Self {
        let nodes = world
            .until("/api/v1/nodes", "has a node", |answer| !items(&answer.body["items"]).is_empty())
            .await;
        let node = text(&nodes.body["items"][0]["metadata"]["name"]).to_owned();
        let running = Running::start(&world, Nodes::named(&[&node]), implementation, registry);
        Self { world, node, running }
    }

    /// Stops the load balancers and starts them anew, as a restart of the sandbox does.
    pub async fn restart(self, while_away: impl AsyncFnOnce(&World)) -> Self {
        self.running.stop.send_replace(true);
        self.running.task.await.expect("no panic");
        let published = self.running.fabric.route(&gateway(), Ipv4Addr::new(10, 10, 1, 5), 80);
        assert!(published.is_err(), "the virtual network has forgotten the load balancers");
        while_away(&self.world).await;
        let running =
            Running::start(&self.world, self.running.nodes, Implementation::Builtin, Registry(Ok(())));
        Self { running, ..self }
    }

    /// Creates a Service of type `LoadBalancer` with annotations.
    pub async fn service(&self, name: &str, annotations: &Value) {
        let service = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": name, "annotations": annotations },
            "spec": { "type": "LoadBalancer", "selector": { "app": "web" }, "ports": [{ "port": 80 }] },
        });
        let answer = self.world.post("/api/v1/namespaces/default/services", &service).await;
        assert_eq!(answer.code, 201, "{}", answer.text);
    }

    pub async fn change(&self, name: &str, patch: Value) {
        let service = format!("/api/v1/namespaces/default/services/{name}");
        let answer = self.world.patch(&service, "merge-patch+json", &patch).await;
        assert_eq!(answer.code, 200, "{}", answer.text);
    }

    pub async fn delete(&self, name: &str) {
        let path = format!("/api/v1/namespaces/default/services/{name}");
        self.world.ask(http::Method::DELETE, &path, "", "").await;
        self.world.until(&path, "goes", |answer| answer.code == 404).await;
    }

    /// Two Pods behind all Services.
    pub async fn pods(&self) {
        let labels = json!({ "app": "web" });
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
            "spec": {
                "replicas": 2, "selector": { "matchLabels": labels },
                "template": {
                    "metadata": { "labels": labels },
                    "spec": { "containers": [{ "name": "web", "image": "nginx" }] },
                },
            },
        });
        let answer = self.world.post("/apis/apps/v1/namespaces/default/deployments", &deployment).await;
        assert_eq!(answer.code, 201, "{}", answer.text);
    }

    /// Waits until a Service has an address, and that one if it is given.
    pub async fn address(&self, name: &str, expected: Option<&str>) -> String {
        let path = format!("/api/v1/namespaces/default/services/{name}");
        let ip = |body: &Value| text(&body["status"]["loadBalancer"]["ingress"][0]["ip"]).to_owned();
        let what = format!("has the address {expected:?}");
        let good = |found: &str| expected.map_or(!found.is_empty(), |expected| found == expected);
        ip(&self.world.until(&path, &what, |answer| good(&ip(&answer.body))).await.body)
    }

    /// Waits for an event about a Service, and returns its message and count.
    pub async fn event(&self, name: &str, reason: &str) -> (String, u64) {
        let path = format!(
            "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name={name},reason={reason}"
        );
        let found =
            self.world.until(&path, "exists", |answer| !items(&answer.body["items"]).is_empty()).await;
        let event = &found.body["items"][0];
        (text(&event["message"]).to_owned(), event["count"].as_u64().expect("a count"))
    }

    /// Waits until dialling from API Management's subnet leads where it should.
    pub async fn route(
        &self,
        (address, port): (&str, u16),
        what: &str,
        good: impl Fn(&Result<Route, Unreachable>) -> bool,
    ) -> Option<SocketAddr> {
        let address = address.parse().expect("an address");
        eventually(what, || {
            let route = self.running.fabric.route(&gateway(), address, port);
            good(&route)
                .then(|| route.ok().and_then(|route| route.port.next().map(|endpoint| endpoint.socket)))
        })
        .await
    }

    pub fn set_access(&self, access: LoadBalancerAccess) {
        self.running.model.send_modify(|model| Arc::make_mut(model).load_balancer_access = access);
    }
}

pub async fn eventually<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    for _ in 0..1_000 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

pub fn denied() -> LoadBalancerAccess {
    LoadBalancerAccess::Denied(Denial {
        action: "Microsoft.Network/virtualNetworks/subnets/read".to_owned(),
        scope: "/v/subnets/aks".to_owned(),
        hint: Some("assign the role".to_owned()),
    })
}

pub fn gateway() -> Place {
    Place::Subnet(SubnetId::new(crate::embedded::tests::world::SUBNET))
}
