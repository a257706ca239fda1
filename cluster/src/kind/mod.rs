//! Real Kubernetes behind AKS: clusters as `kind` makes them, from nodes that are containers of a Docker Engine.
//! <https://kind.sigs.k8s.io/docs/design/principles/>
//!
//! [`Kind`] runs one task per managed cluster. What exists is never remembered, always found again: by the labels of
//! the containers, the sandbox's network, and what the nodes say. The labels are kind's own, so that the `kind` command
//! lists, exports, loads into and deletes these clusters as well.
//!
//! **Differs from Azure:** a pool of N nodes is a control plane that also takes Pods, and N-1 workers; the Kubernetes
//! version is the node image's; a cluster that `kind` itself made under the name is used, and never removed.

pub mod balancer;
pub mod builtin;
pub mod bundle;
mod capacity;
mod decide;
mod engine;
mod error;
pub mod images;
mod kubeadm;
mod kubeconfig;
mod life;
mod logs;
mod name;
mod network;
mod node;
pub mod relay;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use ::network::Fabric;
use aks::ManagedCluster;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use engine::{Cgroup, Engine, EngineInfo, Input, Output, Rights};
pub use error::Error;
pub use life::Running;
pub use name::Role;
pub use node::{Node, piece};
pub use report::{NodeHealth, Phase, Report};

pub use crate::metallb::IMAGES as LOAD_BALANCER_IMAGES;

use images::Reference;
use life::{Ending, Life};
use report::Reports;

/// The node image that is used if none is given: the last whose kubelet runs on cgroup v1 without being told to.
pub const NODE_IMAGE: &str =
    "kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a";

/// How long a failure is the answer to who asks for the cluster; later, it is tried again first.
const FRESH: Duration = Duration::from_secs(2);

/// What the clusters run with.
#[derive(Clone)]
pub struct Config {
    /// The time.
    pub clock: sim::Clock,
    /// Identifiers.
    pub ids: sim::Ids,
    /// The virtual network.
    pub fabric: Arc<Fabric>,
    /// Names what belongs together: the network `apimlab-<sandbox>`, and the label `dev.apimlab.sandbox`.
    pub sandbox: String,
    /// The Docker Engine's address in the form of `DOCKER_HOST`, or the usual places.
    pub engine: Option<String>,
    /// The user's folder, where Docker Desktop has its socket.
    pub home: Option<PathBuf>,
    /// The image of the nodes: [`NODE_IMAGE`], or another that is made like kind's.
    pub node_image: String,
    /// The rights of the nodes.
    pub privileged: Privileged,
    /// What gives Services their addresses.
    pub load_balancer: Implementation,
    /// The file that clusters are merged into as contexts `kind-<cluster>`; `None` to leave the user's file alone.
    pub kubeconfig: Option<PathBuf>,
    /// Proxy variables that nodes get, as pairs of name and value: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`.
    pub proxy: Vec<(String, String)>,
}

/// The rights of the nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Privileged {
    /// All, or fewer where the engine may not give all.
    #[default]
    Auto,
    /// All: `--privileged`, as kind does it.
    Full,
    /// All capabilities but `SYS_RESOURCE`, for machines that may not give that one away.
    Reduced,
}

/// What gives Services of type `LoadBalancer` their addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Implementation {
    /// MetalLB, where its images can be had; the built-in one elsewhere.
    #[default]
    Metallb,
    /// Addresses on a node's own interface.
    Builtin,
}

/// What happens to the clusters when a [`Kind`] stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// They run on, and the next start finds them.
    Running,
    /// Nodes, volumes, network and kubeconfig entries are removed.
    Nothing,
}

/// All kind clusters of a sandbox.
pub struct Kind {
    shared: Arc<Shared>,
    /// What runs tasks when [`aks::Cluster::apply`] is called from outside.
    handle: Handle,
    /// By ARM id, lower case.
    members: Arc<Mutex<HashMap<String, Member>>>,
    /// What an earlier process has left behind is looked for once, before anything is made.
    sweep: Once,
    swept: watch::Sender<bool>,
}

/// What all clusters share.
pub(crate) struct Shared {
    pub config: Config,
    pub engine: Engine,
    pub reports: Reports,
    /// How addresses on the Docker network are dialled from here.
    pub reach: balancer::Reach,
    /// Images that every cluster is to have in its nodes.
    pub needed: watch::Sender<Vec<Reference>>,
    /// The ARM ids of the clusters that need the sandbox's network; held while it is looked at and changed.
    pub network: tokio::sync::Mutex<BTreeSet<String>>,
    /// The names that clusters have on the engine, each with its ARM id.
    pub names: tokio::sync::Mutex<BTreeMap<String, String>>,
}

/// A cluster that is wanted, or on its way out.
struct Member {
    model: watch::Sender<Arc<ManagedCluster>>,
    ending: watch::Sender<Option<Ending>>,
    running: watch::Receiver<Option<Arc<Running>>>,
    task: JoinHandle<()>,
}

impl Kind {
    /// No clusters yet. Has to be called in a Tokio runtime; nothing is sent to the engine.
    pub fn start(config: Config) -> Result<Arc<Self>, Error> {
        Self::start_through(config, balancer::directly())
    }

    /// [`Kind::start`], where the Docker network is not dialled directly from here.
    pub fn start_through(config: Config, reach: balancer::Reach) -> Result<Arc<Self>, Error> {
        let engine = Engine::connect(config.engine.as_deref(), config.home.as_deref())?;
        let handle = Handle::try_current()
            .map_err(|_| Error::Model("clusters can only be started inside of a Tokio runtime".to_owned()))?;
        let reports = Reports::new(config.clock.clone());
        let needed = watch::Sender::default();
        let (network, names) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        let shared = Arc::new(Shared { config, engine, reports, reach, needed, network, names });
        Ok(Arc::new(Self {
            shared,
            handle,
            members: Arc::default(),
            sweep: Once::new(),
            swept: watch::Sender::new(false),
        }))
    }

    /// What the engine is, or why it cannot be used.
    pub async fn check(&self) -> Result<EngineInfo, Error> {
        self.shared.engine.info().await
    }

    /// The Docker Engine.
    pub fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    /// Images that every cluster is to have in its nodes before it counts as running. Clusters that run already are
    /// not changed.
    pub fn need(&self, images: Vec<Reference>) {
        self.shared.needed.send_replace(images);
    }

    /// The image of the nodes.
    pub fn node_image(&self) -> &str {
        &self.shared.config.node_image
    }

    /// The Docker network of the sandbox.
    pub fn network(&self) -> String {
        name::network(&self.shared.config.sandbox)
    }

    /// What is known about each cluster, by ARM id.
    pub fn reports(&self) -> Vec<Report> {
        self.shared.reports.all()
    }

    /// Changes whenever a report does.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.reports.changes()
    }

    /// The cluster with this ARM id, once it has been Ready.
    pub fn running(&self, cluster_id: &str) -> Option<Arc<Running>> {
        self.members()
            .get(&cluster_id.to_ascii_lowercase())
            .and_then(|member| member.running.borrow().clone())
    }

    /// All clusters that have been Ready.
    pub fn all_running(&self) -> Vec<Arc<Running>> {
        self.members().values().filter_map(|member| member.running.borrow().clone()).collect()
    }

    /// Writes the logs of all nodes, their kubelets and containers below `folder`, and says which files were written.
    pub async fn logs(&self, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let clusters: Vec<String> = self.all_running().iter().map(|running| running.name.clone()).collect();
        logs::collect(&self.shared, &clusters, folder).await
    }

    /// Ends all tasks. With [`Leave::Nothing`], whatever carries the sandbox's label is removed, also what an earlier
    /// process left behind.
    pub async fn stop(&self, leave: Leave) -> Result<(), Error> {
        let ending = match leave {
            Leave::Running => Ending::Left,
            Leave::Nothing => Ending::Removed,
        };
        let members: Vec<Member> = self.members().drain().map(|(_, member)| member).collect();
        for member in &members {
            member.ending.send_replace(Some(ending));
        }
        for member in members {
            drop(member.task.await);
        }
        match leave {
            Leave::Running => Ok(()),
            Leave::Nothing => life::sweep(&self.shared).await,
        }
    }

    fn members(&self) -> MutexGuard<'_, HashMap<String, Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes clusters that an earlier process has made, and that are no longer wanted.
    fn sweep(&self) {
        let (shared, members) = (Arc::clone(&self.shared), Arc::clone(&self.members));
        let swept = self.swept.clone();
        self.handle.spawn(async move {
            let wanted = |id: &str| {
                let members = members.lock().unwrap_or_else(PoisonError::into_inner);
                members.contains_key(&id.to_ascii_lowercase())
            };
            if let Err(error) = life::sweep_unwanted(&shared, wanted).await {
                tracing::warn!(%error, "what an earlier process has left behind could not be removed");
            }
            swept.send_replace(true);
        });
    }

    fn begin(&self, cluster: ManagedCluster, predecessor: Option<Member>) -> Member {
        let (model, wanted) = watch::channel(Arc::new(cluster));
        let (ending, ends) = watch::channel(None);
        let (publish, running) = watch::channel(None);
        let life = Life::new(Arc::clone(&self.shared), wanted, ends, publish);
        let balancing = balancer::follow(Arc::clone(&self.shared), running.clone());
        life.open();
        let mut swept = self.swept.subscribe();
        let task = self.handle.spawn(async move {
            drop(swept.wait_for(|swept| *swept).await);
            if let Some(predecessor) = predecessor {
                drop(predecessor.task.await);
            }
            // The load balancers end with the life, whose end they see.
            tokio::join!(life.run(), balancing);
        });
        Member { model, ending, running, task }
    }
}

impl aks::Cluster for Kind {
    fn apply(&self, clusters: Vec<ManagedCluster>) {
        let mut members = self.members();
        members.retain(|_, member| !member.task.is_finished());
        let wanted: HashMap<String, ManagedCluster> =
            clusters.into_iter().map(|cluster| (cluster.id.to_ascii_lowercase(), cluster)).collect();
        for (_, member) in members.iter().filter(|(id, _)| !wanted.contains_key(*id)) {
            member.ending.send_replace(Some(Ending::Removed));
        }
        for (id, cluster) in wanted {
            let present = members.remove(&id);
            let member = match present {
                Some(member) if member.ending.borrow().is_none() => {
                    member.model.send_if_modified(|model| replace(model, cluster));
                    member
                }
                leaving => self.begin(cluster, leaving),
            };
            members.insert(id, member);
        }
        drop(members);
        self.sweep.call_once(|| self.sweep());
    }

    fn kubeconfig(&self, cluster_id: &str) -> Option<String> {
        self.running(cluster_id).map(|running| running.kubeconfig.clone())
    }

    fn failure(&self, cluster_id: &str) -> Option<String> {
        if self.running(cluster_id).is_some() {
            return None;
        }
        // Who asks some time after it failed has perhaps done something about it.
        if self.shared.reports.forgive(cluster_id, FRESH)
            && let Some(member) = self.members().get(&cluster_id.to_ascii_lowercase())
        {
            member.model.send_modify(|_| ());
        }
        self.shared.reports.failure(cluster_id)
    }
}

fn replace(present: &mut Arc<ManagedCluster>, cluster: ManagedCluster) -> bool {
    let differs = **present != cluster;
    if differs {
        *present = Arc::new(cluster);
    }
    differs
}
