//! The controllers: each looks at what is wanted and at what is, and does what is missing.
//! <https://kubernetes.io/docs/concepts/architecture/controller/>
//!
//! One loop runs all of them, in the order in which one's work is another's input, until nothing changes. It is woken
//! by the store, by the cluster's model and by the runtime, and by the clock only where Kubernetes waits for time to
//! pass. Every controller is level-triggered: it may run at any time and as often as it likes.

mod custom_resource;
mod daemon_set;
mod deployment;
mod endpoint_slice;
mod event;
mod frontend;
mod garbage_collector;
mod load_balancer;
mod machine;
mod namespace;
mod node;
mod pod;
mod quantity;
mod replica_set;
mod rollout;
mod selector;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use aks::ManagedCluster;
use network::Fabric;
use serde_json::Value;
use tokio::sync::watch;

use super::store::{Object, Store, StoreError};
use super::workloads::{Level, Runtime};
use super::{LoadBalancers, Nodes};
use crate::load_balancer::{Memory, OwnNetwork};
use crate::object;
use event::Recorder;

pub use selector::selects;

/// How often the controllers run in a row before others get their turn.
const ROUNDS: usize = 32;

/// What the controllers of one cluster work with.
pub struct Context {
    /// The cluster as its owner wants it.
    pub cluster: watch::Receiver<Arc<ManagedCluster>>,
    /// Its objects.
    pub store: Arc<Store>,
    /// The virtual network.
    pub fabric: Arc<Fabric>,
    /// Its Pods.
    pub runtime: Arc<Runtime>,
    /// The time.
    pub clock: sim::Clock,
    /// Identifiers.
    pub ids: sim::Ids,
    /// Who makes load balancers.
    pub load_balancers: LoadBalancers,
    /// Where nodes come from.
    pub nodes: Nodes,
}

/// The controllers of one cluster and what they remember.
struct Controllers {
    store: Arc<Store>,
    fabric: Arc<Fabric>,
    runtime: Arc<Runtime>,
    clock: sim::Clock,
    model: watch::Receiver<Arc<ManagedCluster>>,
    /// The model as the present round sees it.
    cluster: Arc<ManagedCluster>,
    events: Recorder,
    addresses: pod::Addresses,
    network: OwnNetwork,
    balancers: LoadBalancers,
    load_balancers: Memory,
    nodes: Nodes,
    published: frontend::Published,
    /// When the clock alone makes something happen.
    due: Option<Duration>,
}

/// Runs all controllers until `stop` becomes true. What the cluster has in the virtual network is withdrawn then.
pub async fn run(context: Context, mut stop: watch::Receiver<bool>) {
    let mut cluster = context.cluster.clone();
    let mut store = context.store.changed();
    let mut runtime = context.runtime.changed();
    let mut controllers = Controllers::new(context);
    load_balancer::restore(&mut controllers);
    loop {
        store.mark_unchanged();
        runtime.mark_unchanged();
        cluster.mark_unchanged();
        controllers.converge().await;
        let clock = controllers.clock.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            Ok(()) = store.changed() => {}
            Ok(()) = runtime.changed() => {}
            Ok(()) = cluster.changed() => {}
            () = sleep(&clock, controllers.due) => {}
        }
    }
    controllers.withdraw();
}

async fn sleep(clock: &sim::Clock, duration: Option<Duration>) {
    match duration {
        Some(duration) => clock.sleep(duration).await,
        None => std::future::pending().await,
    }
}

impl Controllers {
    fn new(context: Context) -> Self {
        let cluster = context.cluster.borrow().clone();
        let events = Recorder::new(context.store.clone(), context.clock.clone(), context.ids);
        Self {
            addresses: pod::Addresses::default(),
            network: OwnNetwork::default(),
            balancers: context.load_balancers,
            load_balancers: Memory::default(),
            nodes: context.nodes,
            published: frontend::Published::default(),
            due: None,
            store: context.store,
            fabric: context.fabric,
            runtime: context.runtime,
            clock: context.clock,
            model: context.cluster,
            cluster,
            events,
        }
    }

    /// Runs every controller until none has anything to do.
    async fn converge(&mut self) {
        for _ in 0..ROUNDS {
            let before = self.store.version();
            self.due = None;
            self.cluster = self.model.borrow().clone();
            // A bug that one object brings out must not stop the work on all others.
            if catch_unwind(AssertUnwindSafe(|| self.reconcile())).is_err() {
                tracing::error!("a controller has panicked");
                return;
            }
            if self.store.version() == before {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    fn reconcile(&mut self) {
        namespace::reconcile(self);
        garbage_collector::reconcile(self);
        match self.nodes {
            Nodes::Pools => node::reconcile(self),
            Nodes::Machines => machine::reconcile(self),
        }
        custom_resource::reconcile(self);
        daemon_set::reconcile(self);
        deployment::reconcile(self);
        replica_set::reconcile(self);
        pod::schedule(self);
        pod::run(self);
        endpoint_slice::reconcile(self);
        load_balancer::reconcile(self);
        frontend::publish(self);
        // Only what has left the virtual network may stop.
        pod::terminate(self);
    }

    fn withdraw(&mut self) {
        self.fabric.publish(&self.cluster_id(), Vec::new());
        load_balancer::release_all(self);
        node::release_all(self);
    }

    /// The cluster's ARM id in lower case.
    fn cluster_id(&self) -> String {
        self.cluster.id.to_ascii_lowercase()
    }

    fn now(&self) -> String {
        self.clock.now().rfc3339()
    }

    /// Asks to run again when `after` has passed.
    fn wake_in(&mut self, after: Duration) {
        self.due = Some(self.due.map_or(after, |due| due.min(after)));
    }

    fn list(&self, resource: &str) -> Vec<Arc<Object>> {
        self.store.list(resource, None).0
    }

    fn create(&self, resource: &str, object: Object) -> Option<Arc<Object>> {
        done(resource, self.store.create(resource, object))
    }

    fn update(&self, resource: &str, object: &Object, change: impl FnOnce(&mut Object)) {
        let (namespace, name) = (object::namespace(object), object::name(object));
        done(resource, self.store.update(resource, namespace, name, change));
    }

    fn delete(&self, resource: &str, object: &Object) {
        done(resource, self.store.delete(resource, object::namespace(object), object::name(object)));
    }

    /// Writes `status` if it differs.
    fn set_status(&self, resource: &str, object: &Object, status: Value) {
        if object.get("status") != Some(&status) {
            self.update(resource, object, |object| object["status"] = status);
        }
    }

    fn normal(&mut self, object: &Object, component: &str, (reason, message): (&str, &str)) {
        self.events.record(&event::Involved::of(object), component, (Level::Normal, reason, message));
    }

    /// A warning that is not counted again: for what is found anew in every round.
    fn warn_once(&mut self, object: &Object, component: &str, (reason, message): (&str, &str)) {
        let involved = event::Involved::of(object);
        if !self.events.has(&involved, component, (reason, message)) {
            self.events.record(&involved, component, (Level::Warning, reason, message));
        }
    }

    fn warn(&mut self, object: &Object, component: &str, (reason, message): (&str, &str)) {
        self.events.record(&event::Involved::of(object), component, (Level::Warning, reason, message));
    }
}

/// Somebody else's change in between is seen in the next round; anything else is worth a line.
fn done<T>(resource: &str, result: Result<T, StoreError>) -> Option<T> {
    match result {
        Ok(done) => Some(done),
        Err(StoreError::NotFound { .. } | StoreError::Conflict { .. } | StoreError::AlreadyExists { .. }) => {
            None
        }
        Err(error) => {
            tracing::warn!(resource, %error, "a controller could not write");
            None
        }
    }
}

#[cfg(test)]
mod tests;
