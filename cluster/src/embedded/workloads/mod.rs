//! What runs in Pods: built-in HTTP workloads, local commands, one-shot jobs; each on a real loopback socket.
//!
//! The [`Runtime`] is to the kubelet what a container runtime is: it starts and stops Pods and says what became of
//! them. It knows nothing of the API server.
//!
//! **Differs from Kubernetes:** there are no images and no isolation; see [`image`] and [`command`].

mod builtin;
mod client;
mod command;
mod container;
mod curl;
mod image;
mod log;
mod probe;
mod server;
mod spec;
mod status;
mod supervisor;
mod world;

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aks::Workload;
use futures_util::future::join_all;
use network::{Fabric, Place};
use sim::Clock;
use tokio::sync::watch;
use tokio::task::AbortHandle;

pub use image::Image;
pub use log::{Log, LogLine, LogReader};
pub use spec::{Check, ContainerSpec, History, PodSpec, Probe, RestartPolicy};
pub use status::{ContainerState, ContainerStatus, Listening, PodStatus, Terminated};
pub use supervisor::supervise;
pub use world::{Level, RuntimeEvent};

use container::Container;
use image::Images;
use server::Phase;
use world::World;

/// How long a Pod that has left its Services still accepts connections.
const DRAIN: Duration = Duration::from_millis(200);
/// How long the end of a killed Pod is waited for.
const KILL: Duration = Duration::from_secs(5);

/// The running Pods of one cluster.
pub struct Runtime {
    world: Arc<World>,
    pods: Mutex<HashMap<String, Arc<Pod>>>,
}

struct Pod {
    init: Vec<Arc<Container>>,
    containers: Vec<Arc<Container>>,
    phase: watch::Sender<Phase>,
    stopping: Mutex<Option<AbortHandle>>,
    /// Its containers have ended.
    ended: watch::Sender<bool>,
    stopped: watch::Sender<bool>,
    life: Mutex<Option<AbortHandle>>,
}

impl Runtime {
    /// A runtime without Pods.
    pub fn new(
        images: Vec<Workload>,
        supervisor: Vec<String>,
        fabric: Arc<Fabric>,
        place: Place,
        clock: Clock,
    ) -> Arc<Self> {
        let world = World::new(Images::new(images), supervisor, (fabric, place), clock);
        Arc::new(Self { world, pods: Mutex::default() })
    }

    /// Replaces what runs for images; containers that wait for one try again.
    pub fn set_images(&self, images: Vec<Workload>) {
        self.world.images.send_replace(Arc::new(Images::new(images)));
    }

    /// Replaces the names that Pods resolve: `name.namespace` of Services.
    pub fn set_names(&self, names: HashMap<String, Ipv4Addr>) {
        self.world.set_names(names);
    }

    /// Changes whenever the status of a Pod does, or an event waits.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.world.changed()
    }

    /// The events since the last call.
    pub fn take_events(&self) -> Vec<RuntimeEvent> {
        self.world.take_events()
    }

    /// Starts a Pod; one that was started before stays as it is.
    pub fn start(&self, spec: PodSpec) {
        let mut pods = self.pods();
        if pods.contains_key(&spec.uid) {
            return;
        }
        let pod = Pod::new(spec, &self.world);
        pods.insert(pod.uid(), pod.clone());
        let life = tokio::spawn(live(pod.clone(), self.world.clone()));
        *pod.life.lock().unwrap_or_else(PoisonError::into_inner) = Some(life.abort_handle());
    }

    /// What became of a Pod; `None` if it was never started.
    pub fn status(&self, uid: &str) -> Option<PodStatus> {
        let pod = self.pods().get(uid).cloned()?;
        Some(PodStatus {
            init: pod.init.iter().map(|container| container.status()).collect(),
            containers: pod.containers.iter().map(|container| container.status()).collect(),
            stopped: *pod.stopped.borrow(),
        })
    }

    /// Begins to stop a Pod, which gets `grace` to finish what it has begun.
    pub fn stop(&self, uid: &str, grace: Duration) {
        let Some(pod) = self.pods().get(uid).cloned() else { return };
        let mut stopping = pod.stopping.lock().unwrap_or_else(PoisonError::into_inner);
        if stopping.is_none() {
            let stop = stop(pod.clone(), self.world.clone(), grace);
            *stopping = Some(tokio::spawn(stop).abort_handle());
        } else if grace.is_zero() {
            pod.phase.send_if_modified(Phase::advance(Phase::Kill));
        }
    }

    /// Forgets a Pod, its status and its logs.
    pub fn forget(&self, uid: &str) {
        self.pods().remove(uid);
    }

    /// The uids of all Pods that were started and not forgotten.
    pub fn uids(&self) -> HashSet<String> {
        self.pods().keys().cloned().collect()
    }

    /// A socket that refuses connections: where a port leads on which nothing listens.
    pub fn closed_socket(&self) -> Option<SocketAddr> {
        self.world.closed_socket()
    }

    /// The log of a container of a Pod.
    pub fn logs(&self, pod_uid: &str, container: &str) -> Option<LogReader> {
        self.container(pod_uid, container)?.log(false).map(|log| log.reader())
    }

    /// The log of a container's run before its last restart.
    pub fn previous_logs(&self, pod_uid: &str, container: &str) -> Option<LogReader> {
        self.container(pod_uid, container)?.log(true).map(|log| log.reader())
    }

    /// Ends all Pods now, and waits for it.
    pub async fn stop_all(&self) {
        let pods: Vec<Arc<Pod>> = self.pods().drain().map(|(_, pod)| pod).collect();
        for pod in &pods {
            pod.phase.send_if_modified(Phase::advance(Phase::Kill));
        }
        join_all(pods.iter().map(|pod| finish(pod, &self.world))).await;
    }

    fn container(&self, pod_uid: &str, name: &str) -> Option<Arc<Container>> {
        let pod = self.pods().get(pod_uid).cloned()?;
        pod.containers.iter().chain(&pod.init).find(|container| container.spec.name == name).cloned()
    }

    fn pods(&self) -> MutexGuard<'_, HashMap<String, Arc<Pod>>> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pod {
    fn new(spec: PodSpec, world: &Arc<World>) -> Arc<Self> {
        let phase = watch::Sender::new(Phase::Run);
        let spec = Arc::new(spec);
        let container =
            |one: &ContainerSpec, restart| Container::new(&spec, one, restart, (world, phase.subscribe()));
        let init_restart = match spec.restart {
            RestartPolicy::Never => RestartPolicy::Never,
            _ => RestartPolicy::OnFailure,
        };
        Arc::new(Self {
            init: spec.init.iter().map(|one| container(one, init_restart)).collect(),
            containers: spec.containers.iter().map(|one| container(one, spec.restart)).collect(),
            phase,
            stopping: Mutex::default(),
            ended: watch::Sender::new(false),
            stopped: watch::Sender::new(false),
            life: Mutex::default(),
        })
    }

    fn uid(&self) -> String {
        self.containers.first().or(self.init.first()).map(|one| one.pod.uid.clone()).unwrap_or_default()
    }
}

impl Phase {
    /// For `send_if_modified`: phases only go forward.
    fn advance(to: Self) -> impl FnOnce(&mut Self) -> bool {
        move |now| {
            let forward = to > *now;
            *now = to.max(*now);
            forward
        }
    }
}

/// From the first container to the last.
async fn live(pod: Arc<Pod>, world: Arc<World>) {
    let mut ready = true;
    for init in &pod.init {
        ready = ready && init.live().await;
    }
    if ready {
        join_all(pod.containers.iter().map(|container| container.live())).await;
    }
    pod.ended.send_replace(true);
    world.touch();
}

/// The Pod has left its Services before this is called.
async fn stop(pod: Arc<Pod>, world: Arc<World>, grace: Duration) {
    if !grace.is_zero() && !*pod.ended.borrow() {
        for container in &pod.containers {
            let message = format!("Stopping container {}", container.spec.name);
            world.event(&container.pod, Level::Normal, "Killing", message);
        }
        let mut ended = pod.ended.subscribe();
        let patience = async {
            pod.phase.send_if_modified(Phase::advance(Phase::Drain));
            world.clock.sleep(DRAIN.min(grace)).await;
            pod.phase.send_if_modified(Phase::advance(Phase::Quit));
            world.clock.sleep(grace.saturating_sub(DRAIN)).await;
        };
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => {}
            () = patience => {}
        }
    }
    if !*pod.ended.borrow() {
        pod.phase.send_if_modified(Phase::advance(Phase::Kill));
    }
    finish(&pod, &world).await;
}

/// Waits until the containers have ended; those that do not in time are dropped, which kills them.
async fn finish(pod: &Pod, world: &World) {
    let mut ended = pod.ended.subscribe();
    let in_time = tokio::time::timeout(KILL, ended.wait_for(|ended| *ended)).await.is_ok();
    if !in_time && let Some(life) = pod.life.lock().unwrap_or_else(PoisonError::into_inner).take() {
        life.abort();
    }
    pod.stopped.send_replace(true);
    world.touch();
}

#[cfg(test)]
mod tests;
