//! `RoleBinding`: <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-binding-v1/>
//!
//! **Differs from Kubernetes:** stored, not enforced: whoever is let in may do everything.

use super::cell::{Cell, Column, Moment, age, name, text};
use super::{Definition, NAMESPACED, NameRule};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "rbac.authorization.k8s.io",
    kind: "RoleBinding",
    plural: "rolebindings",
    singular: "rolebinding",
    name: NameRule::PathSegment,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

pub const COLUMNS: &[Column] = &[text("Name"), text("Role"), text("Age")];

/// Also those of `ClusterRoleBinding`, which only differs in its scope.
pub fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let role = &object["roleRef"];
    let role = format!(
        "{}/{}",
        role["kind"].as_str().unwrap_or_default(),
        role["name"].as_str().unwrap_or_default()
    );
    vec![name(object), role.into(), age(object, now)]
}
