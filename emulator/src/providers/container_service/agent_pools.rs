//! Agent pools: <https://learn.microsoft.com/rest/api/aks/agent-pools>.
//!
//! A pool is a part of its cluster's body, shown by itself.
//!
//! **Differs from Azure:** pools are changed through their cluster only.

use std::sync::Arc;

use arm::ResourceId;
use serde_json::{Value, json};

use super::managed_clusters;
use crate::engine::{Definition, Fidelity, Resource, StateShown, Store, Verb, array, take, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/agentPools",
    summary: "Equal nodes of a cluster.",
    modelled: "2025-10-01",
    verbs: &[Verb::Get, Verb::List],
    refused: &[Verb::Put, Verb::Delete],
    state: StateShown::Properties,
    fidelity: Fidelity::Approximate("changed through the cluster only"),
    find: |store, id| {
        let cluster = store.get(&id.parent()?)?;
        pools(&cluster).into_iter().find(|pool| pool.id == *id).map(Arc::new)
    },
    select,
    ..Definition::CHILD
};

fn select(store: &Store, _: &'static Definition, scope: Option<&ResourceId>) -> Vec<Arc<Resource>> {
    let cluster = scope.and_then(|id| store.get(id));
    let cluster = cluster.filter(|found| found.definition == &managed_clusters::DEFINITION);
    cluster.map(|cluster| pools(&cluster).into_iter().map(Arc::new).collect()).unwrap_or_default()
}

fn pools(cluster: &Resource) -> Vec<Resource> {
    array(cluster.properties(), &["agentPoolProfiles"])
        .iter()
        .filter_map(|pool| {
            let id = cluster.id.child("agentPools", text(pool, &["name"])?);
            let mut properties: Value = pool.clone();
            take(&mut properties, &["name"]);
            let mut resource = Resource::new(id, &DEFINITION, json!({"properties": properties}));
            (resource.state, resource.label) = (cluster.state, cluster.label.clone());
            Some(resource)
        })
        .collect()
}
