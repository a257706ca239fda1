//! The `cluster` and `roleAssignments` blocks.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Text;
use crate::located::Located;

/// A managed Kubernetes cluster that runs as the scenario's identity.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// Name of the managed cluster.
    pub name: Text,
    /// First part of the API server's host name.
    pub dns_prefix: Text,
    /// The system node pool.
    pub pool: Pool,
}

/// A pool of equal nodes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pool {
    /// Name of the pool: 1 to 12 lower-case letters and digits.
    pub name: Text,
    /// Number of nodes.
    #[schemars(range(min = 1, max = 1000))]
    pub count: Located<u32>,
    /// Size of each node, such as `Standard_D2_v2`.
    pub vm_size: Text,
    /// Size of each node's disk.
    #[serde(rename = "osDiskSizeGB")]
    pub os_disk_size_gb: Option<u32>,
    /// Subnet that the nodes and the load balancer's addresses come from.
    pub subnet: Text,
}

/// Gives the scenario's service principal a role.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleAssignment {
    /// Key of the assignment within the file: `contributor` is found as `roleAssignment/contributor`.
    pub name: Text,
    /// Who gets the role: the display name of the application in `identity`.
    pub principal: Text,
    /// Built-in role, such as `Contributor` or `Network Contributor`.
    pub role: Text,
    /// Where the role is given.
    pub scope: Located<Scope>,
}

/// Where a role is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// The scenario's resource group.
    ResourceGroup,
    /// The scenario's virtual network.
    VirtualNetwork,
    /// The subnet of the cluster's nodes.
    ClusterSubnet,
}
