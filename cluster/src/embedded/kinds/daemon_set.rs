//! `DaemonSet`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/>
//!
//! **Differs from Kubernetes:** read only.

use super::cell::{Cell, Column, Moment, age, count, name, number, text};
use super::{Access, Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "apps",
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    categories: &["all"],
    access: Access::Refused("no controller of the sandbox acts on DaemonSets yet; use a Deployment"),
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] =
    &[text("Name"), number("Desired"), number("Current"), number("Ready"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let status = &object["status"];
    let numbers = ["desiredNumberScheduled", "currentNumberScheduled", "numberReady"];
    let [desired, current, ready] = numbers.map(|field| count(&status[field]));
    vec![name(object), desired, current, ready, age(object, now)]
}
