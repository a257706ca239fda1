//! A Kubernetes cluster in this process: API server, controllers and workloads, without containers.
//!
//! [`Embedded`] runs one [`instance::Instance`] per managed cluster; all of them answer below one address, each under
//! the path `/clusters/{resource group}.{name}`.

pub mod controllers;
mod instance;
pub mod kinds;
mod kubeconfig;
mod patch;
mod selector;
mod server;
pub mod store;
mod token;
pub mod workloads;

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aks::{ManagedCluster, Power, Storage, Workload};
use arc_swap::ArcSwap;
use futures_util::FutureExt as _;
use http::{Request, Response};
use network::Fabric;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use instance::Instance;

pub use server::Body;

/// What the clusters run with.
pub struct Config {
    /// The time.
    pub clock: sim::Clock,
    /// Identifiers.
    pub ids: sim::Ids,
    /// The virtual network.
    pub fabric: Arc<Fabric>,
    /// Where objects survive a restart.
    pub storage: Arc<dyn Storage>,
    /// What runs for images.
    pub workloads: Vec<Workload>,
    /// The command prefix that ends a child with this process.
    pub supervisor: Vec<String>,
    /// Where clients find [`Embedded::handle`]: scheme, host and port.
    pub base_url: String,
    /// The certificate that clients trust.
    pub ca_pem: String,
    /// The certificate that clients show.
    pub client_certificate: Option<ClientCertificate>,
    /// Who makes load balancers.
    pub load_balancers: LoadBalancers,
    /// Where nodes come from.
    pub nodes: Nodes,
}

/// Who makes the load balancers of Services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadBalancers {
    /// The controllers here, as Azure does.
    #[default]
    Azure,
    /// Somebody outside, who writes the Service's status; here they only lead to the Pods.
    External,
}

/// Where the nodes of a cluster come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nodes {
    /// The agent pools: a node is there, and ready, because its owner wants it.
    #[default]
    Pools,
    /// Machines with a kubelet of their own, which registers its node and reports on it. What runs on one is what its
    /// kubelet lists under `status.images`.
    Machines,
}

/// A certificate that lets a client in, with its key.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The certificate.
    pub certificate_pem: String,
    /// Its key.
    pub key_pem: String,
}

/// Whom the TLS layer has recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Nobody.
    Anonymous,
    /// A holder of the client certificate.
    ClientCertificate,
}

/// All embedded clusters.
pub struct Embedded {
    config: Config,
    /// What runs tasks when [`aks::Cluster::apply`] is called from outside.
    handle: Option<Handle>,
    /// By key, the part of the path that names the cluster.
    instances: ArcSwap<HashMap<String, Arc<Instance>>>,
    state: Mutex<State>,
}

/// What changes when clusters come and go.
struct State {
    workloads: Vec<Workload>,
    /// What is left of removed clusters, by id: a successor waits for it.
    ending: HashMap<String, JoinHandle<()>>,
    /// Clusters that are wanted, but not running, by id.
    stopped: HashSet<String>,
}

/// What happens to the objects of a cluster that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objects {
    /// They stay, for when it is started again.
    Kept,
    /// They go with it.
    Removed,
}

impl Embedded {
    /// No clusters yet. Has to be called in a Tokio runtime.
    pub fn new(config: Config) -> Arc<Self> {
        let state =
            State { workloads: config.workloads.clone(), ending: HashMap::new(), stopped: HashSet::new() };
        let handle = Handle::try_current().ok();
        Arc::new(Self { config, handle, instances: ArcSwap::default(), state: Mutex::new(state) })
    }

    /// Replaces what runs for images.
    pub fn set_workloads(&self, workloads: Vec<Workload>) {
        let mut state = self.state();
        for instance in self.instances.load().values() {
            instance.runtime().set_images(workloads.clone());
        }
        state.workloads = workloads;
    }

    /// Answers a request for `/clusters/{key}/…`.
    pub async fn handle<B>(&self, request: Request<B>, peer: Peer) -> Response<Body>
    where
        B: http_body::Body + Send,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let path = request.uri().path().to_owned();
        let (key, path) = locate(&path);
        let Some(instance) = self.instances.load().get(&key.to_lowercase()).cloned() else {
            return server::no_cluster(key);
        };
        let answer = AssertUnwindSafe(instance.api().handle(request, path, peer)).catch_unwind().await;
        answer.unwrap_or_else(|_| {
            tracing::error!(path, "the answer to a Kubernetes request has panicked");
            server::panicked()
        })
    }

    /// Stops all clusters; their state stays.
    pub async fn shutdown(&self) {
        let instances = self.instances.swap(Arc::default());
        for instance in instances.values() {
            instance.stop().await;
        }
        let ending: Vec<_> = self.state().ending.drain().collect();
        for (_, ending) in ending {
            drop(ending.await);
        }
    }

    fn start(&self, cluster: ManagedCluster, state: &mut State, handle: &Handle) -> Option<Arc<Instance>> {
        let id = cluster.id.to_ascii_lowercase();
        let predecessor = state.ending.remove(&id);
        match Instance::start(cluster, (&self.config, state.workloads.clone()), handle, predecessor) {
            Ok(instance) => Some(Arc::new(instance)),
            Err(error) => {
                tracing::error!(cluster = id, %error, "a cluster could not be started");
                None
            }
        }
    }

    fn remove(&self, instance: Arc<Instance>, objects: Objects, state: &mut State, handle: &Handle) {
        let id = instance.id().to_owned();
        instance.close();
        if objects == Objects::Removed {
            self.forget(&id);
        }
        state.ending.retain(|_, ending| !ending.is_finished());
        let fabric = Arc::clone(&self.config.fabric);
        let publisher = id.clone();
        let ending = handle.spawn(async move {
            instance.stop().await;
            fabric.publish(&publisher, Vec::new());
        });
        state.ending.insert(id, ending);
    }

    fn forget(&self, id: &str) {
        if let Err(error) = self.config.storage.clear(id) {
            tracing::error!(cluster = id, %error, "the state of a removed cluster could not be deleted");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl aks::Cluster for Embedded {
    fn apply(&self, clusters: Vec<ManagedCluster>) {
        let Some(handle) = self.handle.clone().or_else(|| Handle::try_current().ok()) else {
            tracing::error!("clusters can only be started inside of a Tokio runtime");
            return;
        };
        let mut state = self.state();
        let mut running = (**self.instances.load()).clone();
        let (wanted, paused): (Vec<_>, Vec<_>) =
            clusters.into_iter().partition(|cluster| cluster.power == Power::Running);
        let stopped: HashSet<String> = paused.iter().map(|cluster| cluster.id.to_ascii_lowercase()).collect();
        let wanted: HashMap<String, ManagedCluster> =
            wanted.into_iter().map(|cluster| (key(&cluster), cluster)).collect();
        let gone: Vec<String> = running
            .iter()
            .filter(|(key, instance)| {
                wanted.get(*key).is_none_or(|one| !one.id.eq_ignore_ascii_case(instance.id()))
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            if let Some(instance) = running.remove(&key) {
                let objects = if stopped.contains(instance.id()) { Objects::Kept } else { Objects::Removed };
                self.remove(instance, objects, &mut state, &handle);
            }
        }
        let runs = |id: &String| wanted.values().any(|cluster| cluster.id.eq_ignore_ascii_case(id));
        let before = std::mem::replace(&mut state.stopped, stopped);
        for id in before.iter().filter(|id| !state.stopped.contains(*id) && !runs(id)) {
            self.forget(id);
        }
        for (key, cluster) in wanted {
            if let Some(instance) = running.get(&key) {
                if instance.model().rotations != cluster.rotations {
                    instance.token().renew(instance.id(), &self.config.storage, &self.config.ids);
                }
                instance.update(cluster);
            } else if let Some(instance) = self.start(cluster, &mut state, &handle) {
                running.insert(key, instance);
            }
        }
        self.instances.store(Arc::new(running));
    }

    fn kubeconfig(&self, cluster_id: &str) -> Option<String> {
        let instances = self.instances.load();
        let (key, instance) = instances.iter().find(|(_, one)| one.id().eq_ignore_ascii_case(cluster_id))?;
        Some(kubeconfig::kubeconfig(&instance.model(), (key, instance.token()), &self.config))
    }

    fn failure(&self, cluster_id: &str) -> Option<String> {
        let stopped = self.state().stopped.contains(&cluster_id.to_ascii_lowercase());
        stopped.then(|| "it is stopped; start it first".to_owned())
    }

    fn can_pause(&self) -> bool {
        true
    }
}

/// The part of the path that names a cluster.
fn key(cluster: &ManagedCluster) -> String {
    format!("{}.{}", cluster.resource_group, cluster.name).to_lowercase()
}

/// The key in a path, and what is below it. Clients that join their base path to an absolute one repeat the prefix.
fn locate(path: &str) -> (&str, &str) {
    let Some(rest) = path.strip_prefix("/clusters/") else { return ("", path) };
    let (key, below) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    match locate(below) {
        (again, below) if again == key && !key.is_empty() => (key, below),
        _ => (key, below),
    }
}

#[cfg(test)]
pub(crate) mod tests;
