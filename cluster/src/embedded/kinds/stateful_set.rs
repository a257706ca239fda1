//! `StatefulSet`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/>
//!
//! **Differs from Kubernetes:** read only.

use super::cell::{Cell, Column, Moment, age, count, name, text};
use super::{Access, Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "apps",
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short_names: &["sts"],
    categories: &["all"],
    access: Access::Refused("no controller of the sandbox acts on StatefulSets yet; use a Deployment"),
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Ready"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let ready =
        format!("{}/{}", count(&object["status"]["readyReplicas"]), count(&object["spec"]["replicas"]));
    vec![name(object), ready.into(), age(object, now)]
}
