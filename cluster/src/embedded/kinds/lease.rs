//! `Lease`: <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/>

use super::cell::{Cell, Column, Moment, age, name, text};
use super::{Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "coordination.k8s.io",
    kind: "Lease",
    plural: "leases",
    singular: "lease",
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Holder"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), object["spec"]["holderIdentity"].clone(), age(object, now)]
}
