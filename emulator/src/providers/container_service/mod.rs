//! Microsoft.ContainerService: managed Kubernetes clusters.
//!
//! <https://learn.microsoft.com/rest/api/aks/>

pub mod agent_pools;
mod changes;
mod credentials;
mod dependencies;
pub mod machines;
pub mod maintenance_configurations;
pub mod managed_clusters;
mod operations_list;
pub mod private_endpoint_connections;
mod profile;
mod run_command;
pub mod upgrades;
mod versions;

pub use changes::{ROTATIONS, is_stopped};

use arm::ErrorResponse;
use http::Method;

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Endpoint};
use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.ContainerService",
    types: &[
        &managed_clusters::DEFINITION,
        &agent_pools::DEFINITION,
        &machines::DEFINITION,
        &upgrades::POOL,
        &maintenance_configurations::DEFINITION,
        &private_endpoint_connections::DEFINITION,
        &upgrades::CLUSTER,
    ],
    missing: &[
        "Microsoft.ContainerService/fleets",
        "Microsoft.ContainerService/managedClusters/accessProfiles",
        "Microsoft.ContainerService/managedClusters/identityBindings",
        "Microsoft.ContainerService/managedClusters/managedNamespaces",
        "Microsoft.ContainerService/managedClusters/meshMemberships",
        "Microsoft.ContainerService/managedClusters/meshUpgradeProfiles",
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings",
        "Microsoft.ContainerService/snapshots",
    ],
};

/// Its other paths.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::GET,
        path: "/providers/Microsoft.ContainerService/operations",
        permission: None,
        run: operations_list::list,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/providers/Microsoft.ContainerService/locations/{location}/kubernetesVersions",
        permission: None,
        run: versions::list,
    },
    of_cluster(
        "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/availableAgentPoolVersions",
        upgrades::available,
    ),
    of_cluster(
        "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/commandResults/{command}",
        run_command::result,
    ),
    of_cluster(
        "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/outboundNetworkDependenciesEndpoints",
        dependencies::list,
    ),
];

/// What is read of a cluster and is no resource.
const fn of_cluster(
    path: &'static str,
    run: fn(&Emulator, &Call) -> Result<Answer, ErrorResponse>,
) -> Endpoint {
    let permission = Some("Microsoft.ContainerService/managedClusters/read");
    Endpoint { method: Method::GET, path, permission, run }
}
