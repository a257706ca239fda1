//! What clusters, nodes and networks are called, and the labels that they are found again by.
//! <https://github.com/kubernetes-sigs/kind/blob/main/pkg/cluster/constants/constants.go>

use std::fmt;

use aks::ManagedCluster;

/// kind's label for the cluster that a container belongs to.
pub const CLUSTER: &str = "io.x-k8s.kind.cluster";
/// kind's label for what a container is.
pub const ROLE: &str = "io.x-k8s.kind.role";
/// Our label for the sandbox that something belongs to.
pub const SANDBOX: &str = "dev.apimlab.sandbox";
/// Our label for the ARM id of the managed cluster.
pub const MANAGED_CLUSTER: &str = "dev.apimlab.cluster";
/// A host name has 64 characters, and the node's role comes behind the cluster's name.
const LENGTH: usize = 50;
/// So many bytes keep clusters of the same name apart.
const SUFFIX: usize = 3;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It runs the API server and its company.
    ControlPlane,
    /// It runs Pods only.
    Worker,
}

impl Role {
    /// The role that a label names.
    pub fn of(label: &str) -> Option<Self> {
        [Self::ControlPlane, Self::Worker].into_iter().find(|role| role.to_string() == label)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
        })
    }
}

/// The kind cluster's name: the managed cluster's in DNS form.
pub fn cluster(cluster: &ManagedCluster) -> String {
    let name = dns(&cluster.name);
    if name.is_empty() { "aks".to_owned() } else { name }
}

/// The kind cluster's name where another cluster on the engine has [`cluster()`]'s: always the same for this one.
pub fn apart(name: &str, sandbox: &str, managed_cluster: &str) -> String {
    let whole = format!("{sandbox} {}", managed_cluster.to_ascii_lowercase());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, whole.as_bytes());
    let suffix =
        digest.as_ref().iter().take(SUFFIX).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let short: String = name.chars().take(LENGTH - 2 * SUFFIX - 1).collect();
    format!("{}-{suffix}", short.trim_end_matches('-'))
}

/// The name of the node at `index`: the first is the control plane.
pub fn node(cluster: &str, index: usize) -> String {
    match index {
        0 => format!("{cluster}-control-plane"),
        1 => format!("{cluster}-worker"),
        _ => format!("{cluster}-worker{index}"),
    }
}

/// The sandbox's Docker network.
pub fn network(sandbox: &str) -> String {
    format!("apimlab-{}", dns(sandbox))
}

/// A name in DNS form: lower-case letters, digits and hyphens, neither first nor last a hyphen.
fn dns(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let mut short: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(LENGTH).collect();
    short.truncate(short.trim_end_matches('-').len());
    short.trim_start_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_dns_form() {
        for (name, expected) in [
            ("myaks", "myaks"),
            ("My_AKS.1", "my-aks-1"),
            ("-a-", "a"),
            ("ä", ""),
            (&"x".repeat(63), &"x".repeat(50)),
        ] {
            assert_eq!(dns(name), expected, "{name}");
        }
    }

    #[test]
    fn clusters_of_the_same_name_are_kept_apart() {
        let long = "x".repeat(LENGTH);
        let names =
            [apart("c", "s", "/groups/a/c"), apart("c", "s", "/groups/b/c"), apart("c", "t", "/groups/a/c")];
        assert!(names.iter().all(|name| name.starts_with("c-") && name.len() == 8), "{names:?}");
        assert!(names[0] != names[1] && names[0] != names[2]);
        assert_eq!(names[0], apart("c", "s", "/GROUPS/A/C"));
        assert_eq!(apart(&long, "s", "/c").len(), LENGTH);
    }

    #[test]
    fn nodes_are_called_as_kind_calls_them() {
        let names: Vec<String> = (0..3).map(|index| node("c", index)).collect();
        assert_eq!(names, ["c-control-plane", "c-worker", "c-worker2"]);
    }
}
