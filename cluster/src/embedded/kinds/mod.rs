//! The kinds of objects: one file each, and one line in [`ALL`].
//!
//! A row says how a kind is called, which fields it has, how lists of it merge, what the server fills in, what it
//! refuses, and how a table shows it. Everything else (verbs, discovery, watches, patches) is the same for all.
//! <https://kubernetes.io/docs/reference/kubernetes-api/>

mod allocation;
pub mod cell;
mod cluster_role;
mod cluster_role_binding;
mod config_map;
mod cron_job;
pub mod custom;
mod custom_resource_definition;
mod daemon_set;
mod deployment;
mod endpoint_slice;
mod endpoints;
mod event;
mod horizontal_pod_autoscaler;
mod ingress;
mod ingress_class;
mod job;
mod lease;
mod name;
mod namespace;
mod network_policy;
mod node;
mod persistent_volume_claim;
mod pod;
mod pod_template;
mod problem;
mod replica_set;
mod replication_controller;
mod role;
mod role_binding;
mod secret;
mod service;
mod service_account;
pub mod shape;
mod stateful_set;
mod validating_webhook_configuration;

use std::sync::Arc;

use network::Cidr;

use super::store::Object;
use cell::{Cell, Column, Moment};
pub use shape::Shape;

pub use allocation::allocate;
pub use name::NameRule;
pub use problem::{Problem, Problems};

/// All kinds, by group and plural.
pub static ALL: &[&Definition] = &[
    &config_map::DEFINITION,
    &endpoints::DEFINITION,
    &event::DEFINITION,
    &namespace::DEFINITION,
    &node::DEFINITION,
    &persistent_volume_claim::DEFINITION,
    &pod::DEFINITION,
    &replication_controller::DEFINITION,
    &secret::DEFINITION,
    &service_account::DEFINITION,
    &service::DEFINITION,
    &validating_webhook_configuration::DEFINITION,
    &custom_resource_definition::DEFINITION,
    &daemon_set::DEFINITION,
    &deployment::DEFINITION,
    &replica_set::DEFINITION,
    &stateful_set::DEFINITION,
    &horizontal_pod_autoscaler::DEFINITION,
    &cron_job::DEFINITION,
    &job::DEFINITION,
    &lease::DEFINITION,
    &endpoint_slice::DEFINITION,
    &ingress_class::DEFINITION,
    &ingress::DEFINITION,
    &network_policy::DEFINITION,
    &cluster_role_binding::DEFINITION,
    &cluster_role::DEFINITION,
    &role_binding::DEFINITION,
    &role::DEFINITION,
];

/// A kind of object.
pub struct Definition {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version in the group.
    pub version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The plural, as paths have it.
    pub plural: &'static str,
    /// The singular.
    pub singular: &'static str,
    /// Abbreviations that `kubectl` takes.
    pub short_names: &'static [&'static str],
    /// Groups of kinds that `kubectl` takes.
    pub categories: &'static [&'static str],
    /// Whether objects sit in namespaces.
    pub scope: Scope,
    /// What is below an object.
    pub subresources: &'static [Subresource],
    /// What can be done with it here.
    pub access: Access,
    /// How objects may be called.
    pub name: NameRule,
    /// The fields, if they are checked.
    pub shape: Option<Shape>,
    /// Under which name objects are stored; empty for the plural.
    pub stored: &'static str,
    /// What field selectors can name besides `metadata.name` and `metadata.namespace`.
    pub selectable: &'static [&'static str],
    /// Fills in what was left out.
    pub default: fn(&mut Object, Option<&Object>),
    /// Tells what is wrong, and what may not be changed.
    pub validate: fn(&Object, Option<&Object>, &mut Problems),
    /// The table's columns.
    pub columns: &'static [Column],
    /// A row of the table.
    pub cells: fn(&Object, Moment) -> Vec<Cell>,
}

/// Whether objects sit in namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// They belong to the cluster.
    Cluster,
    /// They belong to a namespace.
    Namespaced,
}

/// What is below an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subresource {
    /// What the kind's controller observes.
    Status,
    /// The number of replicas.
    Scale,
    /// What a container has written.
    Log,
    /// Not here: see [`Subresource::refusal`].
    Exec,
    /// Not here.
    Attach,
    /// Not here.
    PortForward,
    /// Not here.
    Token,
}

/// What can be done with a kind here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Full,
    /// Objects cannot be made, for this reason: nothing would act on them.
    Refused(&'static str),
}

/// What a row starts from: a namespaced kind without peculiarities.
pub const NAMESPACED: Definition = Definition {
    group: "",
    version: "v1",
    kind: "",
    plural: "",
    singular: "",
    short_names: &[],
    categories: &[],
    scope: Scope::Namespaced,
    subresources: &[],
    access: Access::Full,
    name: NameRule::Subdomain,
    shape: None,
    stored: "",
    selectable: &[],
    default: |_, _| (),
    validate: |_, _, _| (),
    columns: cell::NAME_AND_AGE,
    cells: cell::name_and_age,
};

/// What a row of a cluster-scoped kind starts from.
pub const CLUSTER_SCOPED: Definition = Definition { scope: Scope::Cluster, ..NAMESPACED };

impl Definition {
    /// The kind with this plural in a group and version.
    pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|one| one.group == group && one.version == version && one.plural == plural)
    }

    /// The name under which the store has objects of this kind.
    pub fn key(&self) -> &'static str {
        if self.stored.is_empty() { self.plural } else { self.stored }
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `configmaps`, `deployments.apps`: how messages name the resource.
    pub fn resource(&self) -> String {
        qualified(self.plural, self.group)
    }

    /// `ConfigMap`, `Deployment.apps`: how messages name the kind.
    pub fn qualified_kind(&self) -> String {
        qualified(self.kind, self.group)
    }

    /// The kind has this below its objects.
    pub fn has(&self, subresource: Subresource) -> bool {
        self.subresources.contains(&subresource)
    }

    /// The verbs that discovery tells.
    pub fn verbs(&self) -> &'static [&'static str] {
        match (self.access, self.plural) {
            (Access::Refused(_), _) => &["get", "list", "watch"],
            (Access::Full, "namespaces") => &["create", "delete", "get", "list", "patch", "update", "watch"],
            (Access::Full, _) => {
                &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
            }
        }
    }
}

impl Subresource {
    /// The last part of the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Scale => "scale",
            Self::Log => "log",
            Self::Exec => "exec",
            Self::Attach => "attach",
            Self::PortForward => "portforward",
            Self::Token => "token",
        }
    }

    /// What it answers with: group, version, kind.
    pub fn response_kind(self, of: &Definition) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Scale => ("autoscaling", "v1", "Scale"),
            Self::Exec => ("", "", "PodExecOptions"),
            Self::Attach => ("", "", "PodAttachOptions"),
            Self::PortForward => ("", "", "PodPortForwardOptions"),
            Self::Token => ("authentication.k8s.io", "v1", "TokenRequest"),
            Self::Status | Self::Log => ("", "", of.kind),
        }
    }

    /// The verbs that discovery tells.
    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Status | Self::Scale => &["get", "patch", "update"],
            Self::Log => &["get"],
            Self::Exec | Self::Attach | Self::PortForward => &["create", "get"],
            Self::Token => &["create"],
        }
    }

    /// Why it is not here.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Status | Self::Scale | Self::Log => None,
            Self::Exec => Some(
                "exec is not implemented by the sandbox: its Pods are not containers to run a command in",
            ),
            Self::Attach => Some("attach is not implemented by the sandbox: use `kubectl logs -f`"),
            Self::PortForward => {
                Some("port-forward is not implemented by the sandbox: use `apimlab curl --from SUBNET URL`")
            }
            Self::Token => {
                Some("service account tokens are not implemented by the sandbox: use the kubeconfig's token")
            }
        }
    }
}

/// What filling in addresses needs.
pub struct Allocation {
    /// The Services that have addresses already.
    pub services: Vec<Arc<Object>>,
    /// Where Services get their cluster addresses from.
    pub service_range: Cidr,
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_unique_and_complete() {
        let keys: Vec<_> = ALL.iter().map(|row| (row.group, row.plural)).collect();
        for row in ALL {
            assert!(!row.kind.is_empty() && !row.singular.is_empty(), "{}", row.plural);
            let cells = (row.cells)(&serde_json::json!({}), Moment::from_unix_seconds(0));
            assert_eq!(cells.len(), row.columns.len(), "{}", row.plural);
            assert_eq!(keys.iter().filter(|key| **key == (row.group, row.plural)).count(), 1);
        }
        assert!(keys.is_sorted_by(|a, b| a.0 <= b.0), "{keys:?}");
    }

    #[test]
    fn defaults_are_stable_on_any_object() {
        for row in ALL {
            let mut once =
                serde_json::json!({"metadata": {"name": "a"}, "spec": {"ports": 3, "template": []}});
            (row.default)(&mut once, None);
            let mut twice = once.clone();
            (row.default)(&mut twice, None);
            assert_eq!(once, twice, "{}", row.plural);
            (row.validate)(&once, None, &mut Problems::default());
        }
    }
}
