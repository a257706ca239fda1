//! `ClusterRoleBinding`: <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-binding-v1/>
//!
//! **Differs from Kubernetes:** stored, not enforced: whoever is let in may do everything.

use super::cell::{Cell, Column, Moment, age, name, text};
use super::{CLUSTER_SCOPED, Definition, NameRule};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "rbac.authorization.k8s.io",
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    singular: "clusterrolebinding",
    name: NameRule::PathSegment,
    columns: COLUMNS,
    cells,
    ..CLUSTER_SCOPED
};

const COLUMNS: &[Column] = &[text("Name"), text("Role"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let role = &object["roleRef"];
    let role = format!(
        "{}/{}",
        role["kind"].as_str().unwrap_or_default(),
        role["name"].as_str().unwrap_or_default()
    );
    vec![name(object), role.into(), age(object, now)]
}
