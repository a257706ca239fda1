//! One running cluster: its objects, its API server, its controllers, its Pods.

use std::sync::{Arc, Mutex, PoisonError};

use aks::{ManagedCluster, Workload};
use network::Place;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::server::{self, Api};
use super::store::{Store, StoreError};
use super::token::Token;
use super::workloads::Runtime;
use super::{Config, controllers};

/// The namespaces that every cluster has.
const NAMESPACES: &[&str] = &["default", "kube-node-lease", "kube-public", "kube-system"];

/// A running cluster.
pub struct Instance {
    id: String,
    api: Arc<Api>,
    model: watch::Sender<Arc<ManagedCluster>>,
    stop: watch::Sender<bool>,
    running: Mutex<Option<JoinHandle<()>>>,
}

impl Instance {
    /// Starts a cluster: its API answers when this returns. Controllers wait for a predecessor to end.
    pub fn start(
        cluster: ManagedCluster,
        (config, workloads): (&Config, Vec<Workload>),
        handle: &Handle,
        predecessor: Option<JoinHandle<()>>,
    ) -> Result<Self, StoreError> {
        let id = cluster.id.to_ascii_lowercase();
        let token = Token::open(&id, &config.storage, &config.ids)?;
        let store = Store::open(&id, Arc::clone(&config.storage), config.clock.clone(), config.ids.clone())?;
        found(&store, &cluster, &config.ca_pem);
        let base = format!("/clusters/{}", super::key(&cluster));
        let subnet =
            cluster.pools.iter().find_map(|pool| pool.subnet.as_ref()).map(|subnet| subnet.id.clone());
        let place = Place::Cluster { cluster: id.clone(), subnet };
        let (supervisor, fabric) = (config.supervisor.clone(), Arc::clone(&config.fabric));
        let (model, cluster) = watch::channel(Arc::new(cluster));
        let (stop, stopped) = watch::channel(false);
        // The runtime's and the controllers' tasks belong to the given Tokio runtime.
        let entered = handle.enter();
        let runtime = Runtime::new(workloads, supervisor, Arc::clone(&fabric), place, config.clock.clone());
        let context = controllers::Context {
            cluster: cluster.clone(),
            store: Arc::clone(&store),
            fabric,
            runtime: Arc::clone(&runtime),
            clock: config.clock.clone(),
            ids: config.ids.clone(),
            load_balancers: config.load_balancers,
            nodes: config.nodes,
        };
        let running = handle.spawn(async move {
            if let Some(predecessor) = predecessor {
                drop(predecessor.await);
            }
            controllers::run(context, stopped).await;
        });
        drop(entered);
        let api = Api {
            store,
            runtime,
            cluster,
            token,
            clock: config.clock.clone(),
            base,
            ca_pem: config.ca_pem.clone(),
            allocating: Mutex::default(),
        };
        Ok(Self { id, api: Arc::new(api), model, stop, running: Mutex::new(Some(running)) })
    }

    /// The ARM id, in lower case.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The API server.
    pub fn api(&self) -> &Arc<Api> {
        &self.api
    }

    /// The Pods.
    pub fn runtime(&self) -> &Runtime {
        &self.api.runtime
    }

    /// The token that clients show.
    pub fn token(&self) -> &Token {
        &self.api.token
    }

    /// The cluster as its owner wants it.
    pub fn model(&self) -> Arc<ManagedCluster> {
        Arc::clone(&self.model.borrow())
    }

    /// Takes over what differs.
    pub fn update(&self, cluster: ManagedCluster) {
        self.model.send_if_modified(|present| {
            let differs = **present != cluster;
            if differs {
                *present = Arc::new(cluster);
            }
            differs
        });
    }

    /// Nothing is stored from now on.
    pub fn close(&self) {
        self.api.store.close();
    }

    /// Ends controllers and Pods, and waits until they have ended.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            drop(running.await);
        }
        self.api.runtime.stop_all().await;
    }
}

/// Makes what every cluster has.
fn found(store: &Arc<Store>, cluster: &ManagedCluster, ca_pem: &str) {
    for name in NAMESPACES {
        server::ensure(store, "namespaces", namespace(name));
        server::furnish(store, name, ca_pem);
    }
    if let Some(address) = cluster.service_range.address(1) {
        server::ensure(store, "services", api_service(&address.to_string()));
    }
}

fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
    })
}

fn api_service(address: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": address, "clusterIPs": [address], "type": "ClusterIP", "sessionAffinity": "None",
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443}],
        },
        "status": {"loadBalancer": {}},
    })
}
