//! Microsoft.ContainerService: managed Kubernetes clusters.
//!
//! <https://learn.microsoft.com/rest/api/aks/>

pub mod agent_pools;
mod credentials;
pub mod maintenance_configurations;
pub mod managed_clusters;
mod profile;
mod versions;

use http::Method;

use crate::engine::Endpoint;
use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.ContainerService",
    types: &[
        &managed_clusters::DEFINITION,
        &agent_pools::DEFINITION,
        &maintenance_configurations::DEFINITION,
    ],
    missing: &[
        "Microsoft.ContainerService/fleets",
        "Microsoft.ContainerService/managedClusters/accessProfiles",
        "Microsoft.ContainerService/managedClusters/managedNamespaces",
        "Microsoft.ContainerService/managedClusters/meshMemberships",
        "Microsoft.ContainerService/managedClusters/meshUpgradeProfiles",
        "Microsoft.ContainerService/managedClusters/privateEndpointConnections",
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings",
        "Microsoft.ContainerService/managedClusters/upgradeProfiles",
        "Microsoft.ContainerService/snapshots",
    ],
};

/// Its other paths.
pub const ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: Method::GET,
    path: "/subscriptions/{id}/providers/Microsoft.ContainerService/locations/{location}/kubernetesVersions",
    permission: None,
    run: versions::list,
}];
