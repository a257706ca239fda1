//! `IngressClass`: <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-class-v1/>
//!
//! **Differs from Kubernetes:** stored; no ingress controller runs.

use super::cell::{Cell, Column, Moment, NONE, age, name, text};
use super::{CLUSTER_SCOPED, Definition};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "networking.k8s.io",
    kind: "IngressClass",
    plural: "ingressclasses",
    singular: "ingressclass",
    columns: COLUMNS,
    cells,
    ..CLUSTER_SCOPED
};

const COLUMNS: &[Column] = &[text("Name"), text("Controller"), text("Parameters"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), object["spec"]["controller"].clone(), NONE.into(), age(object, now)]
}
