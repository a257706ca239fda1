//! The life of one cluster: made, kept, changed, removed. One task, which looks and then does what is missing.

mod addresses;
mod build;
mod images;
mod kubernetes;
mod naming;
mod nodes;
mod remove;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aks::ManagedCluster;
use tokio::sync::watch;

use super::decide::{Plan, Wanted, decide};
use super::kubeadm::ready;
use super::node::{Found, Node, State, find};
use super::{Error, NodeHealth, Phase, Shared, name};
use addresses::NodeAddresses;

pub(crate) use remove::{sweep, sweep_unwanted};

/// How soon everything is looked at again.
const TICK: Duration = Duration::from_secs(3);
/// The longest pause after a failure that something outside may end.
const LONGEST: Duration = Duration::from_mins(1);
/// How often nodes are made anew that do not get Ready, and the pause then: their logs shall stay to be looked at.
const ATTEMPTS: u32 = 3;
const RESIGNED: Duration = Duration::from_hours(24);
/// How often a removal is tried; what is left then is found by its label the next time.
const REMOVALS: u32 = 5;

/// How a cluster's task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The cluster runs on.
    Left,
    /// The cluster is removed.
    Removed,
}

/// A cluster that has been Ready: everything that works on it needs.
#[derive(Clone)]
pub struct Running {
    /// The ARM id.
    pub id: String,
    /// The kind cluster's name.
    pub name: String,
    /// The cluster as its owner wants it.
    pub model: watch::Receiver<Arc<ManagedCluster>>,
    /// Its nodes, the control plane first; changes when one comes, goes or restarts.
    pub nodes: watch::Receiver<Arc<[Node]>>,
    /// A client of its API server.
    pub client: kube::Client,
    /// The kubeconfig as AKS gives it out, with an address of this machine.
    pub kubeconfig: String,
    /// The same for containers on the sandbox's network.
    pub internal_kubeconfig: String,
}

pub(crate) struct Life {
    shared: Arc<Shared>,
    model: watch::Receiver<Arc<ManagedCluster>>,
    ending: watch::Receiver<Option<Ending>>,
    publish: watch::Sender<Option<Arc<Running>>>,
    nodes: watch::Sender<Arc<[Node]>>,
    addresses: NodeAddresses,
    /// When the containers were started that are known to be in order, by node.
    settled: HashMap<String, String>,
    /// `kind` made the cluster.
    adopted: bool,
    id: String,
    name: String,
}

impl Life {
    pub fn new(
        shared: Arc<Shared>,
        model: watch::Receiver<Arc<ManagedCluster>>,
        ending: watch::Receiver<Option<Ending>>,
        publish: watch::Sender<Option<Arc<Running>>>,
    ) -> Self {
        let (id, name) = {
            let cluster = model.borrow();
            (cluster.id.clone(), name::cluster(&cluster))
        };
        let addresses = NodeAddresses::new(Arc::clone(&shared.config.fabric));
        let (nodes, settled) = (watch::Sender::new(Arc::from([])), HashMap::new());
        Self { shared, model, ending, publish, nodes, addresses, settled, adopted: false, id, name }
    }

    /// There is something to say about the cluster from now on.
    pub fn open(&self) {
        self.shared.reports.open(&self.id, &self.name);
    }

    /// Until the cluster is no longer wanted.
    pub async fn run(mut self) {
        self.open();
        let (clock, mut failures) = (self.shared.config.clock.clone(), 0);
        loop {
            let ending = *self.ending.borrow();
            if let Some(ending) = ending {
                return self.end(ending).await;
            }
            let pause = match self.reconcile().await {
                Ok(()) => {
                    failures = 0;
                    TICK
                }
                Err(Error::Cancelled) => continue,
                Err(error) => {
                    tracing::warn!(cluster = self.id, %error, "the kind cluster is not as it should be");
                    self.shared.reports.fail(&self.id, &error.to_string());
                    failures += 1;
                    pause(&error, failures)
                }
            };
            tokio::select! {
                () = clock.sleep(pause) => {}
                changed = self.model.changed() => drop(changed),
                changed = self.ending.changed() => drop(changed),
            }
        }
    }

    async fn end(mut self, ending: Ending) {
        self.publish.send_replace(None);
        if ending == Ending::Removed {
            self.say(Phase::Removing, "removes the nodes");
            for _ in 0..REMOVALS {
                let Err(error) = self.remove().await else { break };
                tracing::error!(cluster = self.id, %error, "the kind cluster could not be removed");
                self.shared.reports.fail(&self.id, &error.to_string());
                self.shared.config.clock.sleep(TICK).await;
            }
        }
        self.give_name_back().await;
        self.shared.reports.close(&self.id);
    }

    async fn reconcile(&mut self) -> Result<(), Error> {
        self.settle_name().await?;
        let model = Arc::clone(&self.model.borrow_and_update());
        let wanted = self.wanted(&model);
        let found = self.find().await?;
        let plan = decide(&wanted, &found)?;
        if self.is_settled(&plan, &found) {
            self.look(&found).await;
            return Ok(());
        }
        self.build(&model, (wanted, plan, found)).await
    }

    /// The containers with the cluster's name.
    async fn find(&self) -> Result<Vec<Found>, Error> {
        let mut found = find(&self.shared.engine, &format!("{}={}", name::CLUSTER, self.name)).await?;
        found.retain(|one| one.role.is_some());
        Ok(found)
    }

    fn wanted(&self, model: &ManagedCluster) -> Wanted {
        let count: u32 = model.pools.iter().map(|pool| pool.count).sum();
        Wanted {
            managed_cluster: self.id.clone(),
            cluster: self.name.clone(),
            sandbox: self.shared.config.sandbox.clone(),
            nodes: (0..count.max(1)).map(|index| name::node(&self.name, index as usize)).collect(),
        }
    }

    fn is_settled(&self, plan: &Plan, found: &[Found]) -> bool {
        let still = *plan == Plan { adopted: plan.adopted, ..Plan::default() };
        let known =
            |one: &Found| one.state == State::Running && self.settled.get(&one.name) == Some(&one.started);
        still && self.publish.borrow().is_some() && found.iter().all(known)
    }

    /// Looks at nodes that are in order.
    async fn look(&self, found: &[Found]) {
        let client = self.publish.borrow().as_ref().map(|running| running.client.clone());
        let Some(client) = client else { return };
        let asked = ready::nodes(&client, &self.name);
        let ready = tokio::select! {
            ready = asked => ready.ok(),
            () = self.shared.config.clock.sleep(TICK) => None,
        };
        let health = found.iter().map(|one| self.health(one, ready.as_deref())).collect();
        self.shared.reports.change(&self.id, |report, now| {
            report.nodes = health;
            match ready {
                Some(_) => report.say(now, Phase::Ready, "all nodes are in order"),
                None => report.say(now, Phase::Repairing, "the API server does not answer at the moment"),
            }
        });
    }

    fn health(&self, found: &Found, ready: Option<&[(String, bool)]>) -> NodeHealth {
        let network = name::network(&self.shared.config.sandbox);
        NodeHealth {
            name: found.name.clone(),
            role: found.role.map(|role| role.to_string()).unwrap_or_default(),
            container: found.status.clone(),
            ready: ready.map(|ready| ready.iter().any(|(name, ready)| *name == found.name && *ready)),
            address: found.addresses.get(&network).copied(),
        }
    }

    /// Does something long, unless the cluster is no longer wanted. What the engine is asked for with one short call is
    /// not done this way: it would be done and nobody would know.
    async fn patiently<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut ending = self.ending.clone();
        tokio::select! {
            done = work => done,
            ended = ending.wait_for(Option::is_some) => {
                drop(ended);
                Err(Error::Cancelled)
            }
        }
    }

    /// The phase of what has to be done first.
    fn preparing(&self) -> Phase {
        if self.publish.borrow().is_some() { Phase::Repairing } else { Phase::Preparing }
    }

    fn say(&self, phase: Phase, message: impl Into<String>) {
        self.shared.reports.say(&self.id, phase, message);
    }
}

/// How long to wait after so many failures in a row.
fn pause(error: &Error, failures: u32) -> Duration {
    let inside = matches!(error, Error::Command { .. } | Error::Boot { .. } | Error::NotReady { .. });
    if inside && failures >= ATTEMPTS {
        return RESIGNED;
    }
    TICK.saturating_mul(1 << failures.min(5)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer_and_nodes_that_do_not_start_are_left_to_be_looked_at() {
        let outside = Error::EngineGone { reason: String::new() };
        let inside =
            Error::Command { node: String::new(), command: String::new(), code: 1, output: String::new() };
        for (error, failures, seconds) in [
            (&outside, 1, 6),
            (&outside, 3, 24),
            (&outside, 100, 60),
            (&inside, 1, 6),
            (&inside, 2, 12),
            (&inside, 3, 86_400),
        ] {
            assert_eq!(pause(error, failures).as_secs(), seconds, "{error} {failures}");
        }
    }
}
