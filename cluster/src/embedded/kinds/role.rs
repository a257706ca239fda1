//! `Role`: <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/>
//!
//! **Differs from Kubernetes:** stored, not enforced: whoever is let in may do everything.

use super::cell::{NAME_AND_CREATED, name_and_created};
use super::{Definition, NAMESPACED, NameRule};

pub static DEFINITION: Definition = Definition {
    group: "rbac.authorization.k8s.io",
    kind: "Role",
    plural: "roles",
    singular: "role",
    name: NameRule::PathSegment,
    columns: NAME_AND_CREATED,
    cells: name_and_created,
    ..NAMESPACED
};
