//! A cluster without an API server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aks::{
    AgentPool, Denial, LoadBalancerAccess, ManagedCluster, NodeSubnet, Principal, Storage, StorageError,
    Workload, Write,
};
use network::{Fabric, Place, Subnet, SubnetId, Topology, VirtualNetwork};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::embedded::controllers::{self, Context};
use crate::embedded::store::{Object, Store};
use crate::embedded::workloads::Runtime;

pub const CLUSTER: &str =
    "/subscriptions/s/resourcegroups/blog/providers/microsoft.containerservice/managedclusters/aks";
pub const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 10, 1, 5);

/// Kubernetes objects in memory.
#[derive(Default, Clone)]
pub struct Memory(Arc<Mutex<Stored>>);

type Stored = BTreeMap<(String, String), Vec<u8>>;

/// A running cluster.
pub struct World {
    pub store: Arc<Store>,
    pub fabric: Arc<Fabric>,
    pub runtime: Arc<Runtime>,
    pub cluster: watch::Sender<Arc<ManagedCluster>>,
    pub memory: Memory,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl World {
    pub fn start() -> Self {
        Self::start_with(Memory::default(), Vec::new(), |_| {})
    }

    pub fn start_with(
        memory: Memory,
        images: Vec<Workload>,
        change: impl FnOnce(&mut ManagedCluster),
    ) -> Self {
        let (clock, ids) = (sim::Clock::system(), sim::Ids::random());
        let store =
            Store::open(CLUSTER, Arc::new(memory.clone()), clock.clone(), ids.clone()).expect("a store");
        let fabric = Arc::new(Fabric::new());
        fabric.set_topology(topology());
        let place = Place::Cluster { cluster: CLUSTER.to_owned(), subnet: Some(subnet("aks-subnet")) };
        let runtime = Runtime::new(images, Vec::new(), fabric.clone(), place, clock.clone());
        let mut model = model();
        change(&mut model);
        let (cluster, receiver) = watch::channel(Arc::new(model));
        let (stop, stopped) = watch::channel(false);
        let context = Context {
            cluster: receiver,
            store: store.clone(),
            fabric: fabric.clone(),
            runtime: runtime.clone(),
            clock,
            ids,
            load_balancers: crate::LoadBalancers::Azure,
            nodes: crate::embedded::Nodes::Pools,
        };
        let running = tokio::spawn(controllers::run(context, stopped));
        Self { store, fabric, runtime, cluster, memory, stop, running }
    }

    /// Stops everything, as a restart does; the stored objects are what is left.
    pub async fn stop(self) -> Memory {
        self.store.durable().await.expect("stored");
        self.stop.send_replace(true);
        self.running.await.expect("no panic");
        self.runtime.stop_all().await;
        self.memory
    }

    pub fn apply(&self, objects: impl IntoIterator<Item = (&'static str, Value)>) {
        for (resource, object) in objects {
            self.store.create(resource, object).expect(resource);
        }
    }

    pub fn update(&self, resource: &str, name: &str, change: impl FnOnce(&mut Object)) {
        self.store.update(resource, "default", name, change).expect(name);
    }

    pub fn set_nodes(&self, count: u32) {
        self.cluster.send_modify(|cluster| std::sync::Arc::make_mut(cluster).pools[0].count = count);
    }

    pub fn set_access(&self, access: LoadBalancerAccess) {
        self.cluster.send_modify(|cluster| {
            let mut changed = (**cluster).clone();
            changed.load_balancer_access = access;
            *cluster = Arc::new(changed);
        });
    }

    pub fn get(&self, resource: &str, name: &str) -> Option<Arc<Object>> {
        self.store.get(resource, "default", name)
    }

    pub fn pods(&self) -> Vec<Arc<Object>> {
        self.store.list("pods", None).0
    }

    pub fn ready_pods(&self) -> Vec<Arc<Object>> {
        self.pods().into_iter().filter(|pod| controllers::replica_set::is_ready(pod)).collect()
    }

    pub fn events(&self, reason: &str) -> Vec<Arc<Object>> {
        self.store.list("events", None).0.into_iter().filter(|event| event["reason"] == reason).collect()
    }

    pub fn address(&self, service: &str) -> Option<Ipv4Addr> {
        crate::load_balancer::address(&*self.get("services", service)?)
    }

    /// Waits until something holds, or fails with a picture of the cluster.
    pub async fn until<T>(&self, what: &str, holds: impl Fn(&Self) -> Option<T>) -> T {
        let mut changed = self.store.changed();
        let wait = async {
            loop {
                if let Some(value) = holds(self) {
                    return value;
                }
                // Readiness and sockets change without the store.
                let _ = tokio::time::timeout(Duration::from_millis(20), changed.changed()).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        waited.unwrap_or_else(|_| panic!("{what}: never\n{}", self.picture()))
    }

    /// GET through the virtual network, as the gateway does.
    pub async fn http(&self, from: &Place, address: Ipv4Addr, path: &str) -> Result<String, String> {
        let route = self.fabric.route(from, address, 80).map_err(|reason| reason.to_string())?;
        let endpoint = route.port.next().ok_or("no endpoint")?.clone();
        let asked = async {
            let mut stream = TcpStream::connect(endpoint.socket).await?;
            let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        asked.await.map_err(|error| format!("{}: {error}", endpoint.pod))
    }

    fn picture(&self) -> String {
        let mut text = String::new();
        for resource in self.store.resources() {
            for object in self.store.list(&resource, None).0 {
                let _ = writeln!(text, "{resource}: {object}");
            }
        }
        text
    }
}

impl Storage for Memory {
    fn load(&self, cluster: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        let stored = self.0.lock().expect("no panic");
        let own = stored.iter().filter(|((of, _), _)| of == cluster);
        Ok(own.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&self, writes: Vec<Write>) -> Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>> {
        let mut stored = self.0.lock().expect("no panic");
        for write in writes {
            match write.value {
                Some(value) => drop(stored.insert((write.cluster, write.key), value)),
                None => drop(stored.remove(&(write.cluster, write.key))),
            }
        }
        Box::pin(async { Ok(()) })
    }

    fn clear(&self, cluster: &str) -> Result<(), StorageError> {
        self.0.lock().expect("no panic").retain(|(of, _), _| of != cluster);
        Ok(())
    }
}

pub fn subnet(name: &str) -> SubnetId {
    SubnetId::new(format!("/vnets/apim-aks-vnet/subnets/{name}"))
}

/// Where API Management is.
pub fn gateway() -> Place {
    Place::Subnet(subnet("apim-subnet"))
}

pub fn denied() -> LoadBalancerAccess {
    LoadBalancerAccess::Denied(Denial {
        action: "Microsoft.Network/virtualNetworks/subnets/read".to_owned(),
        scope: "/vnets/apim-aks-vnet/subnets/aks-subnet".to_owned(),
        hint: Some("a role is assigned to the application's object id".to_owned()),
    })
}

/// The article's Deployment.
pub fn deployment(name: &str, image: &str, replicas: u64) -> (&'static str, Value) {
    let labels = json!({ "app": name });
    let container = json!({
        "name": name,
        "image": image,
        "resources": {
            "limits": { "cpu": "0.5", "memory": "512Mi" },
            "requests": { "cpu": "250m", "memory": "50Mi" },
        },
    });
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": name, "namespace": "default", "labels": labels },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": { "containers": [container] } },
        },
    });
    ("deployments", deployment)
}

/// The article's Service.
pub fn internal_service(name: &str) -> (&'static str, Value) {
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "default",
            "annotations": { "service.beta.kubernetes.io/azure-load-balancer-internal": "true" },
        },
        "spec": {
            "type": "LoadBalancer",
            "clusterIP": "10.0.0.20",
            "selector": { "app": name },
            "ports": [{ "port": 80, "targetPort": 80, "nodePort": 31000, "protocol": "TCP" }],
        },
        "status": { "loadBalancer": {} },
    });
    ("services", service)
}

/// A Pod of its own.
pub fn pod(name: &str, image: &str, change: impl FnOnce(&mut Value)) -> (&'static str, Value) {
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name, "namespace": "default", "labels": { "app": name } },
        "spec": { "containers": [{ "name": "main", "image": image }] },
    });
    change(&mut pod);
    ("pods", pod)
}

fn topology() -> Topology {
    let part = |name: &str, prefix: &str| Subnet {
        id: subnet(name),
        name: name.to_owned(),
        prefix: prefix.parse().expect("a range"),
        security_group: None,
    };
    Topology {
        virtual_networks: vec![VirtualNetwork {
            id: "/vnets/apim-aks-vnet".to_owned(),
            name: "apim-aks-vnet".to_owned(),
            address_space: vec!["10.10.0.0/16".parse().expect("a range")],
            subnets: vec![part("aks-subnet", "10.10.1.0/24"), part("apim-subnet", "10.10.2.0/24")],
            peers: Vec::new(),
        }],
        ..Topology::default()
    }
}

fn model() -> ManagedCluster {
    let subnet = NodeSubnet { id: subnet("aks-subnet"), prefix: "10.10.1.0/24".parse().expect("a range") };
    ManagedCluster {
        id: CLUSTER.to_owned(),
        name: "aks-for-apim".to_owned(),
        resource_group: "blog-apim-and-aks".to_owned(),
        location: "westus2".to_owned(),
        kubernetes_version: "1.34.2".to_owned(),
        node_resource_group: "MC_blog-apim-and-aks_aks-for-apim_westus2".to_owned(),
        pools: vec![AgentPool {
            name: "pool1".to_owned(),
            count: 1,
            vm_size: "Standard_D2_v2".to_owned(),
            subnet: Some(subnet),
        }],
        pod_range: "10.244.0.0/16".parse().expect("a range"),
        service_range: "10.0.0.0/16".parse().expect("a range"),
        principal: Principal { client_id: "the-client".to_owned(), object_id: "the-object".to_owned() },
        load_balancer_access: LoadBalancerAccess::Granted,
        power: aks::Power::Running,
        rotations: 0,
    }
}
