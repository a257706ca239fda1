//! What an AKS cluster is told to be: the model between the control plane and the back end that runs Kubernetes.
//!
//! The control plane projects its resources to [`ManagedCluster`]s; a back end, behind the port [`Cluster`], runs
//! them. Where a back end keeps Kubernetes objects is the port [`Storage`].
//! <https://learn.microsoft.com/azure/aks/core-aks-concepts>
#![deny(missing_docs)]

mod cluster;
mod command;
mod storage;

pub use cluster::{
    AgentPool, Denial, LoadBalancerAccess, ManagedCluster, NodeSubnet, Power, Principal, Workload,
};
pub use command::{CommandEnd, CommandResult};
pub use storage::{Storage, StorageError, Write};

/// The port to what runs Kubernetes.
pub trait Cluster: Send + Sync {
    /// Makes the running clusters these ones: starts, changes and removes what differs. Returns at once; the
    /// clusters converge in the background.
    fn apply(&self, clusters: Vec<ManagedCluster>);

    /// The kubeconfig (YAML) of the cluster with this ARM id, or `None` while it does not run.
    fn kubeconfig(&self, cluster_id: &str) -> Option<String>;

    /// Why the cluster with this ARM id does not run, if it was tried and did not work out.
    fn failure(&self, _cluster_id: &str) -> Option<String> {
        None
    }

    /// Clusters can be stopped and started again, and their credentials renewed.
    fn can_pause(&self) -> bool {
        false
    }

    /// Begins to run a command beside the cluster with this ARM id; `id` is what its result is asked for with.
    ///
    /// # Errors
    /// Why it cannot begin.
    fn run_command(&self, _cluster_id: &str, _id: &str, _command: &str) -> Result<(), String> {
        Err("no commands can be run beside this cluster".to_owned())
    }

    /// How a command stands; `None` if there is none with this id.
    fn command_result(&self, _cluster_id: &str, _id: &str) -> Option<CommandResult> {
        None
    }
}
