//! Agent pools: <https://learn.microsoft.com/rest/api/aks/agent-pools>.
//!
//! A pool is a part of its cluster's body, shown and changed by itself.
//!
//! **Differs from Azure:** a change is in effect while its operation still runs.

use std::sync::Arc;
use std::time::Duration;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};
use sim::Ids;

use super::{changes, managed_clusters, profile};
use crate::engine::{
    Action, Announce, Answers, Definition, Draft, Example, Fidelity, LongRunning, Names, Removal, Resource,
    StateShown, Store, Timing, array, set, set_default, take, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/agentPools",
    summary: "Equal nodes of a cluster.",
    modelled: "2025-10-01",
    names: Names::Rule {
        min: 1,
        max: 12,
        accepts: |name| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        },
        rule: "lower-case letters and digits, a letter first",
    },
    actions: &[
        Action::new("abort", "abort/action", changes::abort),
        Action::new("upgradeNodeImageVersion", "upgradeNodeImageVersion/action", changes::upgrade_node_image),
    ],
    answers: Answers { deleted: 202, ..Definition::CHILD.answers },
    long_running: LongRunning {
        create: Some(Timing { azure: Duration::from_mins(3), state: "Creating" }),
        update: Some(Timing { azure: Duration::from_mins(2), state: "Scaling" }),
        delete: None,
        announce: Announce::Locations,
    },
    state: StateShown::Properties,
    fidelity: Fidelity::Approximate("a change is in effect while its operation still runs"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example-cluster/agentPools/extra",
        body: r#"{"properties": {"count": 2, "vmSize": "Standard_D2_v2", "mode": "User"}}"#,
        patch: None,
        after: &[],
    }],
    provision,
    removable,
    removed,
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
            // The tag follows from the content, as the pool is not stored by itself.
            let etag = Ids::named(&[id.key(), &properties.to_string()]).replace('-', "");
            let mut resource = Resource::new(id, &DEFINITION, json!({"properties": properties}));
            resource.etag = etag;
            (resource.state, resource.label) = (cluster.state, cluster.label.clone());
            Some(resource)
        })
        .collect()
}

/// Moves the pool into its cluster.
fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    draft.tx.remove(&draft.id);
    let Some(cluster) = draft.id.parent().and_then(|id| draft.tx.get(&id)) else { return Ok(()) };
    let name = draft.id.name().to_owned();
    let mut pool = draft.properties().clone();
    set_default(&mut pool, &["mode"], "User");
    set(&mut pool, &["name"], name.as_str());
    let mut body = cluster.body.clone();
    let list = body.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut);
    let Some(list) = list else { return Ok(()) };
    match list.iter_mut().find(|other| text(other, &["name"]) == Some(name.as_str())) {
        Some(place) => *place = pool,
        None => list.push(pool),
    }
    let version = text(&body, &["properties", "currentKubernetesVersion"]).unwrap_or_default().to_owned();
    profile::pool_defaults(&mut body, &version);
    let whole = Draft {
        id: cluster.id.clone(),
        definition: &managed_clusters::DEFINITION,
        body,
        existing: Some(cluster.clone()),
        version: draft.version.clone(),
        world: draft.world,
        tx: draft.tx,
        changed: false,
        takes: std::time::Duration::ZERO,
        failure: None,
    };
    profile::check_pools(&whole)?;
    let body = whole.body;
    if body != cluster.body {
        let mut changed = cluster.as_ref().clone();
        changed.body = body;
        changed.etag = draft.world.config.ids.hex(16);
        draft.tx.put(changed);
    }
    Ok(())
}

/// A cluster keeps a pool with mode System.
fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(cluster) = removal.resource.id.parent().and_then(|id| removal.tx.get(&id)) else {
        return Ok(());
    };
    let remains = array(cluster.properties(), &["agentPoolProfiles"]).iter().any(|pool| {
        text(pool, &["mode"]) == Some("System") && text(pool, &["name"]) != Some(removal.resource.id.name())
    });
    if remains {
        return Ok(());
    }
    let message = format!(
        "There has to be at least one system agent pool. Agent pool '{}' is the last one and cannot be deleted.",
        removal.resource.id.name()
    );
    Err(ErrorResponse::new(400, "OperationNotAllowed", message))
}

fn removed(removal: &mut Removal<'_, '_>) {
    let Some(cluster) = removal.resource.id.parent().and_then(|id| removal.tx.get(&id)) else { return };
    let mut changed = cluster.as_ref().clone();
    let list = changed.body.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut);
    if let Some(list) = list {
        list.retain(|pool| {
            !text(pool, &["name"]).is_some_and(|name| name.eq_ignore_ascii_case(removal.resource.id.name()))
        });
    }
    changed.etag = removal.config.ids.hex(16);
    removal.tx.put(changed);
}
