//! Kubernetes in booted nodes: the steps of `kind create cluster` after the containers run.
//! <https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/create-cluster-kubeadm/>

pub mod configuration;
pub mod manifests;
pub mod ready;

use super::Error;
use super::node::{Node, piece};

pub use configuration::{Registration, Settings, Version};

const CONFIGURATION: &str = "/kind/kubeadm.conf";
const VERSION: &str = "/kind/version";
const PROGRESS: &str = "/kind/apimlab";
const ADMIN: &str = "/etc/kubernetes/admin.conf";
const KUBELET: &str = "/etc/kubernetes/kubelet.conf";
const POD_NETWORK: &str = "/kind/manifests/default-cni.yaml";
const STORAGE: &str = "/kind/manifests/default-storage.yaml";

/// How far the creation of a control plane has come, as its node remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Nothing is certain.
    Unknown,
    /// `kubeadm init` has succeeded.
    Initialised,
    /// Pod network and storage are there.
    Furnished,
}

impl Progress {
    const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Initialised => "initialised",
            Self::Furnished => "furnished",
        }
    }
}

/// How far the creation of this control plane has come.
pub async fn progress(node: &Node) -> Result<Progress, Error> {
    let Some(text) = read_if_there(node, PROGRESS).await? else { return Ok(Progress::Unknown) };
    let known = [Progress::Initialised, Progress::Furnished];
    Ok(known.into_iter().find(|progress| progress.word() == text.trim()).unwrap_or(Progress::Unknown))
}

/// The Kubernetes version in a node.
pub async fn version(node: &Node) -> Result<Version, Error> {
    Version::read(&node.read(VERSION).await?)
}

/// The token that nodes of this control plane's cluster join with.
pub async fn token(control_plane: &Node) -> Result<Option<String>, Error> {
    Ok(read_if_there(control_plane, CONFIGURATION).await?.and_then(|file| configuration::token(&file)))
}

/// Makes a control plane.
pub async fn init(node: &Node, settings: &Settings, registration: &Registration) -> Result<(), Error> {
    node.write(CONFIGURATION, configuration::configuration(settings, registration)?).await?;
    let configuration = format!("--config={CONFIGURATION}");
    node.run(&["kubeadm", "init", &configuration, "--skip-token-print", "--v=6"]).await?;
    remember(node, Progress::Initialised).await
}

/// Gives the cluster its Pod network and its storage class, as the node image has them.
pub async fn furnish(node: &Node, settings: &Settings) -> Result<(), Error> {
    let network = manifests::pod_network(&node.read(POD_NETWORK).await?, settings)?;
    apply(node, network).await?;
    let storage = read_if_there(node, STORAGE).await?;
    apply(node, storage.unwrap_or_else(|| manifests::HOST_PATH_STORAGE.to_owned())).await?;
    remember(node, Progress::Furnished).await
}

/// Lets a worker join.
pub async fn join(node: &Node, settings: &Settings, registration: &Registration) -> Result<(), Error> {
    node.write(CONFIGURATION, configuration::configuration(settings, registration)?).await?;
    let configuration = format!("--config={CONFIGURATION}");
    node.run(&["kubeadm", "join", &configuration, "--v=6"]).await.map(drop)
}

/// The worker has joined a cluster.
pub async fn has_joined(node: &Node) -> Result<bool, Error> {
    Ok(read_if_there(node, KUBELET).await?.is_some())
}

/// The administrator's kubeconfig, as kubeadm writes it.
pub async fn admin(node: &Node) -> Result<String, Error> {
    node.read(ADMIN).await
}

async fn apply(node: &Node, manifests: String) -> Result<(), Error> {
    let kubeconfig = format!("--kubeconfig={ADMIN}");
    node.feed(&["kubectl", &kubeconfig, "apply", "-f", "-"], piece(manifests.into())).await.map(drop)
}

async fn remember(node: &Node, progress: Progress) -> Result<(), Error> {
    node.write(PROGRESS, format!("{}\n", progress.word())).await
}

async fn read_if_there(node: &Node, path: &str) -> Result<Option<String>, Error> {
    match node.read(path).await {
        Ok(text) => Ok(Some(text)),
        Err(Error::Command { code: 1, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
