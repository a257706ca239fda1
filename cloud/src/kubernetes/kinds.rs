//! What the usual kinds are called in paths: <https://kubernetes.io/docs/reference/kubernetes-api/>.

use serde_json::Value;

use crate::Error;

/// A kind's name in paths, and whether its objects live in a namespace.
pub(super) struct Resource {
    pub(super) kind: &'static str,
    pub(super) plural: &'static str,
    pub(super) scope: Scope,
}

/// Where the objects of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Cluster,
    Namespace,
}

impl From<Option<bool>> for Scope {
    fn from(namespaced: Option<bool>) -> Self {
        if namespaced == Some(false) { Self::Cluster } else { Self::Namespace }
    }
}

const fn namespaced(kind: &'static str, plural: &'static str) -> Resource {
    Resource { kind, plural, scope: Scope::Namespace }
}

const CORE: &[Resource] = &[
    namespaced("ConfigMap", "configmaps"),
    namespaced("Endpoints", "endpoints"),
    namespaced("Event", "events"),
    Resource { kind: "Namespace", plural: "namespaces", scope: Scope::Cluster },
    Resource { kind: "Node", plural: "nodes", scope: Scope::Cluster },
    namespaced("PersistentVolumeClaim", "persistentvolumeclaims"),
    namespaced("Pod", "pods"),
    namespaced("Secret", "secrets"),
    namespaced("Service", "services"),
    namespaced("ServiceAccount", "serviceaccounts"),
];

const APPS: &[Resource] = &[
    namespaced("DaemonSet", "daemonsets"),
    namespaced("Deployment", "deployments"),
    namespaced("ReplicaSet", "replicasets"),
    namespaced("StatefulSet", "statefulsets"),
];

/// The resource of a kind, if it is one of the usual ones.
pub(super) fn known(api_version: &str, kind: &str) -> Option<&'static Resource> {
    let table = match api_version {
        "v1" => CORE,
        "apps/v1" => APPS,
        _ => return None,
    };
    table.iter().find(|resource| resource.kind == kind)
}

/// The path under which a group's resources are served.
pub(super) fn group_path(api_version: &str) -> String {
    if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") }
}

/// What an object is called.
pub(crate) struct ObjectName<'a> {
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> ObjectName<'a> {
    pub(crate) fn of(object: &'a Value) -> Result<Self, Error> {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|text| is_plain(text));
        let needed = |pointer: &str| {
            text(pointer).ok_or_else(|| {
                Error::Graph(format!(
                    "a Kubernetes object needs `{}`",
                    pointer.trim_start_matches('/').replace('/', ".")
                ))
            })
        };
        Ok(Self {
            api_version: needed("/apiVersion")?,
            kind: needed("/kind")?,
            namespace: text("/metadata/namespace").unwrap_or("default"),
            name: needed("/metadata/name")?,
        })
    }

    pub(super) fn path(&self, plural: &str, scope: Scope) -> String {
        let group = group_path(self.api_version);
        match scope {
            Scope::Cluster => format!("{group}/{plural}/{}", self.name),
            Scope::Namespace => format!("{group}/namespaces/{}/{plural}/{}", self.namespace, self.name),
        }
    }
}

/// The text may stand in a path as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.contains("..")
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "-._/:".contains(character))
}
