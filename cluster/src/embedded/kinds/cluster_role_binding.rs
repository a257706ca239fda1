//! `ClusterRoleBinding`: <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-binding-v1/>
//!
//! **Differs from Kubernetes:** stored, not enforced: whoever is let in may do everything.

use super::role_binding::{COLUMNS, cells};
use super::{CLUSTER_SCOPED, Definition, NameRule};

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
