//! `ReplicationController`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replication-controller-v1/>
//!
//! **Differs from Kubernetes:** read only.

use super::cell::{Cell, Column, Moment, age, count, name, number, text};
use super::{Access, Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    singular: "replicationcontroller",
    short_names: &["rc"],
    categories: &["all"],
    access: Access::Refused(
        "no controller of the sandbox acts on ReplicationControllers yet; use a Deployment",
    ),
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] =
    &[text("Name"), number("Desired"), number("Current"), number("Ready"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let [current, ready] = ["replicas", "readyReplicas"].map(|field| count(&status[field]));
    vec![name(object), count(&spec["replicas"]), current, ready, age(object, now)]
}
