//! Garbage collection: an object goes when its owners are gone.
//! <https://kubernetes.io/docs/concepts/architecture/garbage-collection/>
//!
//! Background and foreground deletion and orphaning. **Differs from Kubernetes:** owners of kinds that are not in
//! [`OWNERS`] are taken to be there.

use serde_json::Value;

use super::Controllers;
use super::object::{is_deleted, items, list_mut, namespace, text, uid};
use crate::embedded::store::Object;

/// The kinds that own others, and their plurals; nodes are the ones without a namespace.
const OWNERS: &[(&str, &str)] = &[
    ("ConfigMap", "configmaps"),
    ("DaemonSet", "daemonsets"),
    ("Deployment", "deployments"),
    ("Node", "nodes"),
    ("Pod", "pods"),
    ("ReplicaSet", "replicasets"),
    ("Secret", "secrets"),
    ("Service", "services"),
];
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Deletes what has lost its owners.
pub fn reconcile(controllers: &mut Controllers) {
    for resource in controllers.store.resources() {
        if resource == "events" {
            continue;
        }
        for object in controllers.list(&resource) {
            let owners = items(&object["metadata"]["ownerReferences"]);
            if !owners.is_empty()
                && !is_deleted(&object)
                && !owners.iter().any(|one| keeps(controllers, &object, one))
            {
                controllers.delete(&resource, &object);
            }
            if is_deleted(&object) {
                finish(controllers, &resource, &object);
            }
        }
    }
}

/// The owner exists and is not being deleted in the foreground.
fn keeps(controllers: &Controllers, object: &Object, owner: &Value) -> bool {
    let Some((_, resource)) = OWNERS.iter().find(|(kind, _)| owner["kind"] == *kind) else { return true };
    let place = if *resource == "nodes" { "" } else { namespace(object) };
    let found = controllers.store.get(resource, place, text(&owner["name"]));
    found.is_some_and(|found| {
        found["metadata"]["uid"] == owner["uid"] && !(is_deleted(&found) && has(&found, FOREGROUND))
    })
}

/// Does what the finalizers of a deleted owner wait for.
fn finish(controllers: &Controllers, resource: &str, owner: &Object) {
    if has(owner, ORPHAN) {
        for (resource, dependent) in dependents(controllers, owner) {
            controllers.update(&resource, &dependent, |object| {
                if let Some(owners) = list_mut(object, "/metadata/ownerReferences") {
                    owners.retain(|one| one["uid"] != uid(owner));
                }
            });
        }
        remove(controllers, resource, owner, ORPHAN);
    }
    if has(owner, FOREGROUND) && dependents(controllers, owner).is_empty() {
        remove(controllers, resource, owner, FOREGROUND);
    }
}

fn dependents(controllers: &Controllers, owner: &Object) -> Vec<(String, std::sync::Arc<Object>)> {
    let depends = |object: &Object| {
        items(&object["metadata"]["ownerReferences"]).iter().any(|one| one["uid"] == uid(owner))
    };
    let all = controllers.store.resources().into_iter().flat_map(|resource| {
        let objects = controllers.store.list(&resource, Some(namespace(owner))).0;
        objects.into_iter().map(move |object| (resource.clone(), object))
    });
    all.filter(|(_, object)| depends(object)).collect()
}

fn has(object: &Object, finalizer: &str) -> bool {
    items(&object["metadata"]["finalizers"]).iter().any(|one| one == finalizer)
}

fn remove(controllers: &Controllers, resource: &str, object: &Object, finalizer: &str) {
    controllers.update(resource, object, |object| {
        if let Some(finalizers) = list_mut(object, "/metadata/finalizers") {
            finalizers.retain(|one| one != finalizer);
        }
    });
}
