//! What runs Kubernetes: a part of this process, or containers as kind makes them. A sandbox remembers it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use cluster::kind::{EngineInfo, Implementation, NODE_IMAGE, Privileged};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A back end of clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Backend {
    /// API server, controllers and workloads in this process.
    #[default]
    Embedded,
    /// Real Kubernetes in containers of a Docker Engine.
    Kind,
}

/// What gives Services their addresses on the kind back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LoadBalancer {
    /// MetalLB, where its images can be had.
    #[default]
    Metallb,
    /// Addresses on a node's own interface.
    Builtin,
}

/// The rights of a kind cluster's nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeRights {
    /// All, or fewer where the machine may not give all.
    #[default]
    Auto,
    /// All.
    Full,
    /// All but `CAP_SYS_RESOURCE`.
    Reduced,
}

/// Where connections to a kind cluster's load balancers start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Placement {
    /// On this machine where it reaches the Docker network, else in a container.
    #[default]
    Auto,
    /// On this machine.
    Host,
    /// In a container on the Docker network.
    Container,
}

/// How a sandbox runs clusters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSettings {
    /// The back end.
    pub backend: Backend,
    /// The image of the nodes, unless it is the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_image: Option<String>,
    /// What gives Services their addresses.
    pub load_balancer: LoadBalancer,
    /// The rights of the nodes.
    pub privileged: NodeRights,
    /// Where the gateway's connections to load balancers start.
    pub gateway: Placement,
}

/// What a start wants of that; the rest stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WantedCluster {
    /// The back end.
    pub backend: Option<Backend>,
    /// The image of the nodes.
    pub node_image: Option<String>,
    /// What gives Services their addresses.
    pub load_balancer: Option<LoadBalancer>,
    /// The rights of the nodes.
    pub privileged: Option<NodeRights>,
    /// Where the gateway's connections to load balancers start.
    pub gateway: Option<Placement>,
}

/// What the kind back end needs to know of the user's machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Machine {
    /// The Docker Engine's address, as in `DOCKER_HOST`; without one, the usual places.
    pub engine: Option<String>,
    /// The user's folder.
    pub home: Option<PathBuf>,
    /// The user's kubeconfig, which kind clusters are merged into.
    pub kubeconfig: Option<PathBuf>,
    /// Proxy variables for the nodes.
    pub proxy: Vec<(String, String)>,
    /// This program as a Linux binary, if there is one: what the container is made of that connections go through where
    /// the Docker network is not reached.
    pub linux_program: Option<PathBuf>,
}

impl ClusterSettings {
    /// These settings, with what is wanted. What only the kind back end knows is not passed over in silence.
    pub fn with(&self, wanted: &WantedCluster) -> Result<Self, Error> {
        let backend = wanted.backend.unwrap_or(self.backend);
        if let Some(flag) = wanted.only_kind().filter(|_| backend != Backend::Kind) {
            return Err(Error::OnlyKind(flag));
        }
        Ok(Self {
            backend,
            node_image: wanted.node_image.clone().or_else(|| self.node_image.clone()),
            load_balancer: wanted.load_balancer.unwrap_or(self.load_balancer),
            privileged: wanted.privileged.unwrap_or(self.privileged),
            gateway: wanted.gateway.unwrap_or(self.gateway),
        })
    }

    /// The image of the nodes.
    pub fn node_image(&self) -> &str {
        self.node_image.as_deref().unwrap_or(NODE_IMAGE)
    }
}

impl WantedCluster {
    /// The first flag that says something about the kind back end only.
    fn only_kind(&self) -> Option<&'static str> {
        let flags = [
            ("--node-image", self.node_image.is_some()),
            ("--load-balancer", self.load_balancer.is_some()),
            ("--privileged", self.privileged.is_some()),
            ("--gateway", self.gateway.is_some()),
        ];
        flags.into_iter().find_map(|(flag, is_said)| is_said.then_some(flag))
    }
}

impl Placement {
    /// Whether connections go through a container. Docker Desktop has its network in a virtual machine, on Linux as well.
    pub fn in_container(self, engine: &EngineInfo) -> bool {
        let is_near = cfg!(target_os = "linux") && !engine.operating_system.contains("Docker Desktop");
        match self {
            Self::Auto => !is_near,
            Self::Host => false,
            Self::Container => true,
        }
    }
}

impl From<LoadBalancer> for Implementation {
    fn from(balancer: LoadBalancer) -> Self {
        match balancer {
            LoadBalancer::Metallb => Self::Metallb,
            LoadBalancer::Builtin => Self::Builtin,
        }
    }
}

impl From<NodeRights> for Privileged {
    fn from(rights: NodeRights) -> Self {
        match rights {
            NodeRights::Auto => Self::Auto,
            NodeRights::Full => Self::Full,
            NodeRights::Reduced => Self::Reduced,
        }
    }
}

/// Words of the command line, both ways.
macro_rules! words {
    ($type:ty, $($word:literal => $value:path),+) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($value => $word),+ })
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($value),)+
                    _ => Err(format!("use one of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(Backend, "embedded" => Self::Embedded, "kind" => Self::Kind);
words!(LoadBalancer, "metallb" => Self::Metallb, "builtin" => Self::Builtin);
words!(Placement, "auto" => Self::Auto, "host" => Self::Host, "container" => Self::Container);
words!(NodeRights, "auto" => Self::Auto, "full" => Self::Full, "reduced" => Self::Reduced);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wanted_otherwise_stays() {
        let before = ClusterSettings {
            backend: Backend::Kind,
            node_image: Some("node:1".to_owned()),
            ..ClusterSettings::default()
        };
        let after = |wanted: &WantedCluster| before.with(wanted).map_err(|error| error.to_string());
        assert_eq!(after(&WantedCluster::default()), Ok(before.clone()));
        let load_balancer = Some(LoadBalancer::Builtin);
        let wanted = WantedCluster { load_balancer, ..WantedCluster::default() };
        let expected = ClusterSettings { load_balancer: LoadBalancer::Builtin, ..before.clone() };
        assert_eq!(after(&wanted), Ok(expected));
        let embedded = WantedCluster { backend: Some(Backend::Embedded), ..WantedCluster::default() };
        assert!(after(&embedded).is_ok_and(|after| after.node_image() == "node:1"));
    }

    #[test]
    fn what_the_embedded_back_end_does_not_know_is_refused() {
        let none = WantedCluster::default;
        for (flag, wanted) in [
            ("--node-image", WantedCluster { node_image: Some("node:1".to_owned()), ..none() }),
            ("--load-balancer", WantedCluster { load_balancer: Some(LoadBalancer::Metallb), ..none() }),
            ("--privileged", WantedCluster { privileged: Some(NodeRights::Full), ..none() }),
            ("--gateway", WantedCluster { gateway: Some(Placement::Host), ..none() }),
        ] {
            let refused = ClusterSettings::default().with(&wanted).map_err(|error| error.to_string());
            assert!(
                refused.is_err_and(|message| message.contains(flag) && message.contains("--cluster kind"))
            );
            let kind = WantedCluster { backend: Some(Backend::Kind), ..wanted };
            assert!(ClusterSettings::default().with(&kind).is_ok());
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for word in ["embedded", "kind"] {
            assert_eq!(word.parse::<Backend>().map(|backend| backend.to_string()).as_deref(), Ok(word));
        }
        for word in ["auto", "full", "reduced"] {
            assert_eq!(word.parse::<NodeRights>().map(|rights| rights.to_string()).as_deref(), Ok(word));
        }
        assert!("kinds".parse::<Backend>().is_err() && "".parse::<LoadBalancer>().is_err());
    }
}
