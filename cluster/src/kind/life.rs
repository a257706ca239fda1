//! The life of one cluster: made, kept, changed, removed; one task, which looks and then does what is missing.

use std::sync::Arc;
use std::time::Duration;

use aks::ManagedCluster;
use tokio::sync::watch;

use super::{Error, Node, Phase, Shared, name};

/// How soon everything is looked at again.
const TICK: Duration = Duration::from_secs(3);

/// How a cluster's task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The cluster runs on.
    Left,
    /// The cluster is removed.
    Removed,
}

/// A cluster that has been Ready: everything that works on it needs.
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
        Self { shared, model, ending, publish, id, name }
    }

    /// Until the cluster is no longer wanted.
    pub async fn run(mut self) {
        self.shared.reports.open(&self.id, &self.name);
        loop {
            if self.ending.borrow().is_some() {
                self.publish.send_replace(None);
                self.shared.reports.close(&self.id);
                return;
            }
            if let Err(error) = self.reconcile().await {
                self.shared.reports.fail(&self.id, &error.to_string());
            }
            let tick = self.shared.config.clock.clone();
            tokio::select! {
                () = tick.sleep(TICK) => {}
                changed = self.model.changed() => drop(changed),
                changed = self.ending.changed() => drop(changed),
            }
        }
    }

    async fn reconcile(&mut self) -> Result<(), Error> {
        self.shared.reports.say(&self.id, Phase::Preparing, "looks at the Docker Engine");
        self.shared.engine.info().await?;
        Err(Error::Model("nodes are not created yet".to_owned()))
    }
}
