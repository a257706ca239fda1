//! Flags that say how the sandbox runs clusters. What is not said stays as it was.

use sandbox::backend::{LoadBalancer, NodeRights, Placement};
use sandbox::{Backend, WantedCluster};

/// How clusters are to run.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ClusterArgs {
    /// What runs Kubernetes: `embedded` in the sandbox's process, `kind` in containers [default: as before, at first embedded]
    #[arg(long = "cluster", value_name = "embedded|kind")]
    pub backend: Option<Backend>,
    /// The image of a kind cluster's nodes
    #[arg(long, value_name = "IMAGE")]
    pub node_image: Option<String>,
    /// What gives Services of a kind cluster their addresses
    #[arg(long, value_name = "metallb|builtin")]
    pub load_balancer: Option<LoadBalancer>,
    /// The rights of a kind cluster's nodes
    #[arg(long, value_name = "auto|full|reduced")]
    pub privileged: Option<NodeRights>,
    /// Where connections to a kind cluster's load balancers start
    #[arg(long, value_name = "auto|host|container")]
    pub gateway: Option<Placement>,
}

impl ClusterArgs {
    /// The same for the sandbox.
    pub fn wanted(&self) -> WantedCluster {
        WantedCluster {
            backend: self.backend,
            node_image: self.node_image.clone(),
            load_balancer: self.load_balancer,
            privileged: self.privileged,
            gateway: self.gateway,
        }
    }
}
