//! Custom kinds: a definition is established as soon as it is there, and takes its objects with it when it goes.
//! <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>

use serde_json::{Value, json};

use super::Controllers;
use super::object::{condition, is_deleted, items, list_mut, name, set};
use crate::embedded::kinds::custom::DEFINITIONS;
use crate::embedded::store::Object;

const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Establishes definitions, and cleans up after those that are deleted.
pub fn reconcile(controllers: &mut Controllers) {
    for definition in controllers.list(DEFINITIONS) {
        if is_deleted(&definition) {
            clean_up(controllers, &definition);
        } else if condition(&definition, "Established").is_none() {
            establish(controllers, &definition);
        }
    }
}

fn establish(controllers: &Controllers, definition: &Object) {
    let now = controllers.now();
    let holds = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now,
        })
    };
    let stored = items(&definition["spec"]["versions"]).iter().filter(|version| version["storage"] == true);
    let stored: Vec<Value> = stored.map(|version| version["name"].clone()).collect();
    let status = json!({
        "acceptedNames": definition["spec"]["names"],
        "conditions": [
            holds("NamesAccepted", "NoConflicts", "no conflicts found"),
            holds("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": stored,
    });
    controllers.update(DEFINITIONS, definition, |definition| {
        definition["status"] = status;
        match list_mut(definition, "/metadata/finalizers") {
            Some(finalizers) if finalizers.iter().any(|one| one == FINALIZER) => {}
            Some(finalizers) => finalizers.push(FINALIZER.into()),
            None => set(definition, &["metadata", "finalizers"], json!([FINALIZER])),
        }
    });
}

/// Objects are stored under the name of their definition.
fn clean_up(controllers: &Controllers, definition: &Object) {
    let left = controllers.list(name(definition));
    for object in left.iter().filter(|object| !is_deleted(object)) {
        controllers.delete(name(definition), object);
    }
    if controllers.list(name(definition)).is_empty() {
        controllers.update(DEFINITIONS, definition, |definition| {
            if let Some(finalizers) = list_mut(definition, "/metadata/finalizers") {
                finalizers.retain(|one| one != FINALIZER);
            }
        });
    }
}
