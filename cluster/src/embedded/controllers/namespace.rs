//! Namespaces: a deleted one goes when everything in it is gone.
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/>

use super::Controllers;
use super::object::{is_deleted, name};

/// Removes what is in deleted namespaces, then the namespaces.
pub fn reconcile(controllers: &mut Controllers) {
    for namespace in controllers.list("namespaces").iter().filter(|namespace| is_deleted(namespace)) {
        let mut left = 0;
        for resource in controllers.store.resources() {
            for object in controllers.store.list(&resource, Some(name(namespace))).0 {
                left += 1;
                if !is_deleted(&object) {
                    controllers.delete(&resource, &object);
                }
            }
        }
        if left == 0 {
            controllers.store.remove("namespaces", "", name(namespace));
        }
    }
}
