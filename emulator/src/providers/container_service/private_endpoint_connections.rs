//! Private endpoints that lead to a cluster's API server:
//! <https://learn.microsoft.com/rest/api/aks/private-endpoint-connections>.
//!
//! **Differs from Azure:** private clusters are refused, so there are none.

use crate::engine::{Definition, Fidelity, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/privateEndpointConnections",
    summary: "A private endpoint that leads to a cluster.",
    modelled: "2025-10-01",
    verbs: &[Verb::Get, Verb::List, Verb::Delete],
    refused: &[Verb::Put],
    fidelity: Fidelity::Approximate("there are no private clusters, so there are none"),
    ..Definition::CHILD
};
