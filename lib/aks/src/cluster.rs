//! A managed cluster.

use network::{Cidr, SubnetId};

/// A managed cluster as its owner wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedCluster {
    /// The ARM id.
    pub id: String,
    /// The name in its resource group.
    pub name: String,
    /// The resource group.
    pub resource_group: String,
    /// The region, as ARM gives it (`westus2`).
    pub location: String,
    /// The Kubernetes version without a leading `v`.
    pub kubernetes_version: String,
    /// The resource group of nodes and load balancers, `MC_…`.
    pub node_resource_group: String,
    /// The node pools.
    pub pools: Vec<AgentPool>,
    /// Where Pods get their addresses from.
    pub pod_range: Cidr,
    /// Where Services get their cluster addresses from.
    pub service_range: Cidr,
    /// Who the cluster acts as when it makes load balancers.
    pub principal: Principal,
    /// Whether that principal may put a load balancer into the cluster's subnet.
    pub load_balancer_access: LoadBalancerAccess,
    /// Whether it runs.
    pub power: Power,
    /// How often its credentials were renewed; older ones are no longer let in.
    pub rotations: u64,
}

/// Whether a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Power {
    /// It does.
    #[default]
    Running,
    /// Its API server and its nodes are gone; what is stored stays.
    Stopped,
}

/// A pool of equal nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPool {
    /// The pool's name.
    pub name: String,
    /// The number of nodes.
    pub count: u32,
    /// The machine size, `Standard_D2_v2`.
    pub vm_size: String,
    /// The nodes' subnet; `None` if AKS makes a virtual network of its own.
    pub subnet: Option<NodeSubnet>,
}

/// The subnet that nodes and internal load balancers sit in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSubnet {
    /// The ARM id.
    pub id: SubnetId,
    /// The range.
    pub prefix: Cidr,
}

/// The identity that a cluster acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The application (client) id.
    pub client_id: String,
    /// The object id of the service principal; what role assignments name.
    pub object_id: String,
}

/// Whether a cluster may put load balancers into its subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadBalancerAccess {
    /// The roles allow it.
    Granted,
    /// A role is missing.
    Denied(Denial),
}

/// Which permission is missing where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The action, `Microsoft.Network/virtualNetworks/subnets/read`.
    pub action: String,
    /// The ARM id that it is missing on.
    pub scope: String,
    /// A sentence about what was probably meant, for example a role assigned to another id of the same application.
    pub hint: Option<String>,
}

/// What runs for an image: the sandbox's replacement for a container registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Image names that it stands for; `*` matches any run of characters.
    pub image: String,
    /// The local command and its arguments.
    pub command: Vec<String>,
}
