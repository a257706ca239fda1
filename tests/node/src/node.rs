//! What a node has become, by `kubeadm init` or `kubeadm join`; it survives a restart of the container.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Where it is written, as the last step of `kubeadm`.
const FILE: &str = "/etc/kubernetes/node.json";

/// A node of a cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its address, unless the container has got another one.
    pub address: String,
    /// Its Kubernetes version, with a leading `v`.
    pub version: String,
    /// The provider's id for it.
    pub provider_id: String,
    /// The labels that it registers with.
    pub labels: serde_json::Map<String, serde_json::Value>,
    /// The control plane, if it is one.
    pub control_plane: Option<ControlPlane>,
    /// The kubeconfig of its kubelet.
    pub kubeconfig: String,
}

/// What the API server is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ControlPlane {
    /// The cluster's name.
    pub cluster: String,
    /// Names and addresses that the API server is reached by.
    pub alternative_names: Vec<String>,
    /// The range of Pods.
    pub pod_subnet: String,
    /// The range of Services.
    pub service_subnet: String,
    /// What nodes show to join.
    pub token: String,
}

impl Node {
    /// What this node is, if it is part of a cluster yet.
    pub fn read() -> Result<Option<Self>, Error> {
        match fs::read(FILE) {
            Ok(text) => {
                let parsed = serde_json::from_slice(&text);
                parsed.map(Some).map_err(|error| Error::Document(format!("{FILE}: {error}")))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file(FILE)(error)),
        }
    }

    /// The node is part of a cluster from now on.
    pub fn write(&self) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::Document(error.to_string()))?;
        replace(FILE, &text)
    }
}

/// Writes a file so that a reader sees all of it or what was there before.
pub fn replace(path: impl AsRef<Path>, content: &[u8]) -> Result<(), Error> {
    let path = path.as_ref();
    let next = path.with_extension("next");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
    }
    fs::write(&next, content).map_err(Error::file(&next))?;
    fs::rename(&next, path).map_err(Error::file(path))
}

/// The version that the image was made for.
pub fn version() -> Result<String, Error> {
    let path = "/kind/version";
    Ok(fs::read_to_string(path).map_err(Error::file(path))?.trim().to_owned())
}

/// The container's host name.
pub fn host_name() -> String {
    fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_owned()
}
