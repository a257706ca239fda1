//! Maintenance configurations: <https://learn.microsoft.com/rest/api/aks/maintenance-configurations>.
//!
//! **Differs from Azure:** there are none, and none can be made; clients ask for them after every creation.

use crate::engine::{Definition, Fidelity, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
    summary: "When a cluster may be upgraded.",
    modelled: "2025-10-01",
    verbs: &[Verb::Get, Verb::List, Verb::Delete],
    refused: &[Verb::Put],
    fidelity: Fidelity::Approximate("there are none"),
    ..Definition::CHILD
};
