//! The machines of a pool: <https://learn.microsoft.com/rest/api/aks/machines>.
//!
//! They are the nodes that run, so there are none while a cluster starts or is stopped.

use std::sync::Arc;

use arm::ResourceId;
use serde_json::json;
use sim::Ids;

use super::{agent_pools, managed_clusters};
use crate::engine::{Definition, Fidelity, Resource, Store, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/agentPools/machines",
    summary: "A machine of a pool.",
    modelled: "2025-10-01",
    verbs: &[Verb::Get, Verb::List],
    fidelity: Fidelity::Approximate(
        "only of clusters that the sandbox itself runs; kind's nodes are not listed",
    ),
    find: |store, id| machines(store, &id.parent()?).into_iter().find(|machine| machine.id == *id),
    select: |store, _, pool| pool.map(|pool| machines(store, pool)).unwrap_or_default(),
    ..Definition::CHILD
};

fn machines(store: &Store, pool: &ResourceId) -> Vec<Arc<Resource>> {
    let found = || {
        let pool = (agent_pools::DEFINITION.find)(store, pool)?;
        let cluster = store.get(&pool.id.parent()?)?;
        let group = managed_clusters::node_group(&cluster.body, &cluster.id)?;
        let prefix = format!("aks-{}-", pool.id.name());
        let mut machines = Vec::new();
        for frontend in store.fabric().published(cluster.id.as_str()) {
            let Some(name) = frontend.node().filter(|name| name.starts_with(&prefix)) else { continue };
            let id = pool.id.child(DEFINITION.segment(), name);
            let body = json!({"properties": {
                "resourceId": scale_set_machine(&group, name),
                "network": {"ipAddresses": [{"family": "IPv4", "ip": frontend.address.to_string()}]},
            }});
            let etag = Ids::named(&[id.key(), &body.to_string()]);
            machines.push(Arc::new(Resource { etag, ..Resource::new(id, &DEFINITION, body) }));
        }
        machines.sort_by(|one, other| one.id.cmp(&other.id));
        Some(machines)
    };
    found().unwrap_or_default()
}

/// `aks-default-12345678-vmss00000a` is the machine 10 of its scale set.
fn scale_set_machine(group: &ResourceId, name: &str) -> String {
    let (set, number) = name.rsplit_once("vmss").unwrap_or((name, "0"));
    let number = u64::from_str_radix(number, 36).unwrap_or_default();
    format!("{group}/providers/Microsoft.Compute/virtualMachineScaleSets/{set}vmss/virtualMachines/{number}")
}
