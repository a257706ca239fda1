//! `NetworkPolicy`: <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/>
//!
//! **Differs from Kubernetes:** stored, not enforced.

use super::cell::{Cell, Column, Moment, age, name, selector, text};
use super::{Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "networking.k8s.io",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    singular: "networkpolicy",
    short_names: &["netpol"],
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Pod-Selector"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), selector(&object["spec"]["podSelector"]), age(object, now)]
}
