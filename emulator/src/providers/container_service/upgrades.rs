//! Which versions clusters and pools can go to: <https://learn.microsoft.com/azure/aks/upgrade-aks-cluster>.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};
use sim::Ids;

use super::{agent_pools, managed_clusters, versions};
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Definition, Fidelity, Names, Resource, Store, Verb, array, text};

/// What a control plane and its pools can be upgraded to.
pub const CLUSTER: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/upgradeProfiles",
    summary: "The versions that a cluster can be upgraded to.",
    modelled: "2025-10-01",
    names: Names::Fixed(&["default"]),
    verbs: &[Verb::Get],
    fidelity: Fidelity::Approximate("versions are labels; the Kubernetes that runs stays the same"),
    find: |store, id| {
        let cluster =
            store.get(&id.parent()?).filter(|found| found.definition == &managed_clusters::DEFINITION)?;
        let version = current(&cluster);
        let pools: Vec<Value> = array(cluster.properties(), &["agentPoolProfiles"])
            .iter()
            .map(|pool| {
                let own = text(pool, &["currentOrchestratorVersion"]).unwrap_or(version);
                json!({"name": pool["name"], "kubernetesVersion": own, "osType": "Linux",
                    "upgrades": pool_upgrades(own, version)})
            })
            .collect();
        let properties = json!({
            "controlPlaneProfile": {"kubernetesVersion": version, "osType": "Linux",
                "upgrades": shown(&versions::upgrades(version))},
            "agentPoolProfiles": pools,
        });
        Some(made(cluster.id.child("upgradeProfiles", "default"), &CLUSTER, &properties))
    },
    ..Definition::CHILD
};

/// What a pool can be upgraded to.
pub const POOL: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles",
    summary: "The versions that a pool can be upgraded to.",
    find: |store, id| {
        let pool = (agent_pools::DEFINITION.find)(store, &id.parent()?)?;
        let cluster = store.get(&pool.id.parent()?)?;
        let version = current(&cluster);
        let own = text(pool.properties(), &["currentOrchestratorVersion"]).unwrap_or(version);
        let properties = json!({
            "kubernetesVersion": own, "osType": "Linux", "upgrades": pool_upgrades(own, version),
            "latestNodeImageVersion": pool.properties()["nodeImageVersion"],
        });
        Some(made(pool.id.child("upgradeProfiles", "default"), &POOL, &properties))
    },
    ..CLUSTER
};

fn made(id: ResourceId, definition: &'static Definition, properties: &Value) -> Arc<Resource> {
    let etag = Ids::named(&[id.key(), &properties.to_string()]);
    Arc::new(Resource { etag, ..Resource::new(id, definition, json!({"properties": properties})) })
}

fn current(cluster: &Resource) -> &str {
    text(cluster.properties(), &["currentKubernetesVersion"]).unwrap_or_default()
}

/// A pool goes at most to the version of the control plane.
fn pool_upgrades(own: &str, control_plane: &str) -> Value {
    let all = versions::upgrades(own);
    let reachable: Vec<&str> = all
        .into_iter()
        .filter(|version| versions::order(version) <= versions::order(control_plane))
        .collect();
    shown(&reachable)
}

fn shown(versions: &[&str]) -> Value {
    versions.iter().map(|version| json!({"kubernetesVersion": version, "isPreview": false})).collect()
}

/// `GET …/availableAgentPoolVersions`: what a new pool can have.
pub fn available(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let cluster = call.holder(&store)?;
    let version = current(&cluster);
    let versions: Vec<Value> = versions::up_to(version)
        .map(|known| {
            let mut shown = json!({"kubernetesVersion": known});
            if known == version {
                shown["default"] = json!(true);
            }
            shown
        })
        .collect();
    Ok(Answer::json(
        200,
        json!({
            "id": format!("{}/availableAgentPoolVersions/default", cluster.id), "name": "default",
            "type": "Microsoft.ContainerService/managedClusters/availableAgentPoolVersions",
            "properties": {"agentPoolVersions": versions},
        }),
    ))
}
