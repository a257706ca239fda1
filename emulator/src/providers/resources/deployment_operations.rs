//! What a deployment did: <https://learn.microsoft.com/rest/api/resources/deployment-operations>.

use std::sync::Arc;

use arm::ResourceId;
use serde_json::{Value, json};
use sim::Ids;

use super::deployments;
use crate::engine::{Definition, Fidelity, Resource, Store, Verb, array, set, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Resources/deployments/operations",
    summary: "One step of a deployment.",
    modelled: "2025-04-01",
    verbs: &[Verb::Get, Verb::List],
    fidelity: Fidelity::Faithful,
    find: |store, id| steps(store, &id.parent()?).into_iter().find(|step| step.id == *id),
    select: |store, _, scope| scope.map(|deployment| steps(store, deployment)).unwrap_or_default(),
    view: |step, _, shown| set(shown, &["operationId"], step.id.name()),
    ..Definition::CHILD
};

fn steps(store: &Store, deployment: &ResourceId) -> Vec<Arc<Resource>> {
    let Some(deployment) = store.get(deployment) else { return Vec::new() };
    array(&deployment.body, &[deployments::OPERATIONS])
        .iter()
        .map(|step| {
            let target = text(step, &["targetResource", "id"]).unwrap_or_default();
            let name = Ids::named(&[target]).replace('-', "").to_uppercase();
            let id = deployment.id.child("operations", name.get(..16).unwrap_or_default());
            let mut properties: Value = step.clone();
            let timestamp = text(deployment.properties(), &["timestamp"]).unwrap_or_default();
            set(&mut properties, &["timestamp"], timestamp);
            Arc::new(Resource::new(id, &DEFINITION, json!({"properties": properties})))
        })
        .collect()
}
