//! What the control plane publishes, passed on unchanged and remembered: for `status`, for the proxy's host names,
//! and for the kubeconfig files that appear in the state folder.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use apim::{
    Counted, DataPlane, DebugCredentials, PolicyDescription, Probe, Probing, QuotaChange, QuotaKey, Reading,
    Service, Shared, Snapshot, TraceDocument, Traffic,
};
use diagnostic::Diagnostic;
use network::Place;
use serde::Serialize;
use sim::Clock;

use crate::StateFolder;
use crate::private_addresses::PrivateAddresses;
use crate::run_command::Commands;

/// The folder of kubeconfig files in the state folder.
pub const KUBECONFIG_FOLDER: &str = "kubeconfig";
/// How soon a starting cluster is asked for its kubeconfig again, at first and in the end.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A published API Management service.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceInfo {
    pub id: String,
    pub name: String,
    pub host_names: Vec<String>,
    pub public: bool,
    pub virtual_network: Option<String>,
    pub apis: Vec<ApiInfo>,
}

/// A published API.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiInfo {
    pub name: String,
    pub path: String,
    pub service_url: Option<String>,
}

/// A cluster that is wanted.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterInfo {
    pub id: String,
    pub name: String,
    pub resource_group: String,
    pub kubernetes_version: String,
    pub nodes: u32,
    /// Where its kubeconfig is, once there is one.
    pub kubeconfig: Option<String>,
}

/// The gateway's port, with a memory of the services.
pub(crate) struct Services {
    gateway: Arc<dyn DataPlane>,
    published: Mutex<Arc<Published>>,
    addresses: Option<PrivateAddresses>,
}

/// A snapshot that was published.
#[derive(Default)]
struct Published {
    /// How often something was published.
    number: u64,
    snapshot: Arc<Snapshot>,
    /// What it is about, once somebody asked.
    services: OnceLock<Arc<[ServiceInfo]>>,
}

/// The clusters' port, with a memory of the clusters.
pub(crate) struct Clusters {
    backend: Arc<dyn aks::Cluster>,
    folder: StateFolder,
    commands: Arc<Commands>,
    clock: Clock,
    applied: Mutex<Vec<ClusterInfo>>,
    /// Clusters whose kubeconfig is being waited for.
    awaited: Mutex<BTreeSet<String>>,
    itself: std::sync::Weak<Self>,
}

impl Services {
    /// Services that are found in the network where `addresses` says.
    pub(crate) fn new(gateway: Arc<dyn DataPlane>, addresses: Option<PrivateAddresses>) -> Arc<Self> {
        Arc::new(Self { gateway, published: Mutex::default(), addresses })
    }

    pub(crate) fn list(&self) -> Arc<[ServiceInfo]> {
        let newest = Arc::clone(&self.newest());
        let services = || newest.snapshot.services.iter().map(|service| ServiceInfo::of(service)).collect();
        Arc::clone(newest.services.get_or_init(services))
    }

    /// What was published last, and how often something was.
    pub(crate) fn snapshot(&self) -> (u64, Arc<Snapshot>) {
        let newest = self.newest();
        (newest.number, Arc::clone(&newest.snapshot))
    }

    fn newest(&self) -> MutexGuard<'_, Arc<Published>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DataPlane for Services {
    fn check(&self, candidate: &Shared<Service>) -> Result<(), Vec<Diagnostic>> {
        self.gateway.check(candidate)
    }

    fn publish(&self, snapshot: Snapshot) -> Result<(), Vec<Diagnostic>> {
        let kept = Arc::new(snapshot.clone());
        self.gateway.publish(snapshot)?;
        let mut newest = self.newest();
        let (number, services) = (newest.number + 1, OnceLock::new());
        *newest = Arc::new(Published { number, snapshot: kept, services });
        drop(newest);
        if let Some(addresses) = &self.addresses {
            addresses.show(&self.list());
        }
        Ok(())
    }

    fn debug_token(&self, asked: &DebugCredentials) -> Option<String> {
        self.gateway.debug_token(asked)
    }

    fn read<'a>(&'a self, url: &'a str, most: usize) -> Reading<'a> {
        self.gateway.read(url, most)
    }

    fn policies(&self) -> Vec<PolicyDescription> {
        self.gateway.policies()
    }

    fn reconnect(&self, after: Duration) -> bool {
        self.gateway.reconnect(after)
    }

    fn forget_debug_tokens(&self, service: &str) -> bool {
        self.gateway.forget_debug_tokens(service)
    }

    fn trace(&self, service: &str, id: &str) -> Option<TraceDocument> {
        self.gateway.trace(service, id)
    }

    fn probe<'a>(&'a self, asked: &'a Probe) -> Probing<'a> {
        self.gateway.probe(asked)
    }

    fn traffic(&self, service: &str) -> Traffic {
        self.gateway.traffic(service)
    }

    fn quota<'a>(&'a self, key: &'a QuotaKey, change: QuotaChange) -> Counted<'a> {
        self.gateway.quota(key, change)
    }
}

impl ServiceInfo {
    fn of(service: &Service) -> Self {
        let apis = service.apis.iter().map(|api| ApiInfo {
            name: api.name.clone(),
            path: api.path.clone(),
            service_url: api.service_url.clone(),
        });
        Self {
            id: service.id.clone(),
            name: service.name.clone(),
            host_names: service.host_names.clone(),
            public: service.public,
            virtual_network: match &service.place {
                Place::Subnet(subnet) => Some(subnet.to_string()),
                _ => None,
            },
            apis: apis.collect(),
        }
    }
}

impl Clusters {
    pub(crate) fn new(backend: Arc<dyn aks::Cluster>, folder: StateFolder, clock: Clock) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            backend,
            folder,
            commands: Commands::new(clock.clone()),
            clock,
            applied: Mutex::default(),
            awaited: Mutex::default(),
            itself: itself.clone(),
        })
    }

    pub(crate) fn list(&self) -> Vec<ClusterInfo> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, clusters: &[aks::ManagedCluster]) {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |id: &str| applied.iter().find(|old| old.id == id)?.kubeconfig.clone();
        let infos: Vec<ClusterInfo> = clusters
            .iter()
            .map(|cluster| ClusterInfo { kubeconfig: known(&cluster.id), ..ClusterInfo::of(cluster) })
            .collect();
        for gone in applied.iter().filter(|old| !infos.iter().any(|new| new.file() == old.file())) {
            if let Err(error) = self.folder.remove(&gone.file()) {
                tracing::warn!(%error, "a kubeconfig file could not be removed");
            }
        }
        *applied = infos;
    }

    /// Writes the kubeconfig file of a cluster as soon as the cluster has one, for as long as it is wanted.
    async fn write_kubeconfig(self: Arc<Self>, cluster: ClusterInfo) {
        let mut pause = PAUSES.0;
        while self.list().iter().any(|wanted| wanted.id == cluster.id) {
            if let Some(text) = self.backend.kubeconfig(&cluster.id) {
                match self.folder.write(&cluster.file(), text.as_bytes()) {
                    Ok(()) => self.note_kubeconfig(&cluster),
                    Err(error) => tracing::warn!(%error, "a kubeconfig file could not be written"),
                }
                break;
            }
            self.clock.sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
        self.awaited().remove(&cluster.id);
    }

    fn awaited(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_kubeconfig(&self, cluster: &ClusterInfo) {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = applied.iter_mut().find(|found| found.id == cluster.id) {
            found.kubeconfig = Some(self.folder.file(&cluster.file()).display().to_string());
        }
    }
}

impl aks::Cluster for Clusters {
    fn apply(&self, clusters: Vec<aks::ManagedCluster>) {
        self.remember(&clusters);
        self.backend.apply(clusters);
        for cluster in self.list() {
            let is_awaited = !self.awaited().insert(cluster.id.clone());
            if let Some(itself) = self.itself.upgrade().filter(|_| !is_awaited) {
                tokio::spawn(itself.write_kubeconfig(cluster));
            }
        }
    }

    fn kubeconfig(&self, cluster_id: &str) -> Option<String> {
        self.backend.kubeconfig(cluster_id)
    }

    fn failure(&self, cluster_id: &str) -> Option<String> {
        self.backend.failure(cluster_id)
    }

    fn can_pause(&self) -> bool {
        self.backend.can_pause()
    }

    fn run_command(&self, cluster_id: &str, id: &str, command: &str) -> Result<(), String> {
        let found = self.list().into_iter().find(|cluster| cluster.id.eq_ignore_ascii_case(cluster_id));
        let kubeconfig = found.and_then(|cluster| cluster.kubeconfig);
        let kubeconfig = kubeconfig.ok_or("the cluster does not run (yet); try again later")?;
        self.commands.begin((cluster_id, id), command, kubeconfig);
        Ok(())
    }

    fn command_result(&self, cluster_id: &str, id: &str) -> Option<aks::CommandResult> {
        self.commands.result((cluster_id, id))
    }
}

impl ClusterInfo {
    fn of(cluster: &aks::ManagedCluster) -> Self {
        Self {
            id: cluster.id.clone(),
            name: cluster.name.clone(),
            resource_group: cluster.resource_group.clone(),
            kubernetes_version: cluster.kubernetes_version.clone(),
            nodes: cluster.pools.iter().map(|pool| pool.count).sum(),
            kubeconfig: None,
        }
    }

    /// Resource group and cluster names have no characters that file names must not have.
    fn file(&self) -> String {
        let name = format!("{}.{}", self.resource_group, self.name).to_lowercase();
        format!("{KUBECONFIG_FOLDER}/{}.yaml", name.replace('/', "_"))
    }
}
