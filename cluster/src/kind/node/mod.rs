//! Nodes: containers that boot systemd, containerd and a kubelet, exactly as kind makes them.
//! <https://kind.sigs.k8s.io/docs/design/node-image/>
//!
//! Everything that happens inside of a node happens through a program that is run there. All of them:
//!
//! | program | standard input | for |
//! | --- | --- | --- |
//! | `cat PATH` | | `/kind/version`, `/kind/kubeadm.conf`, `/kind/apimlab`, `/kind/manifests/default-cni.yaml`, `/kind/manifests/default-storage.yaml`, `/etc/kubernetes/admin.conf`, `/etc/kubernetes/kubelet.conf` |
//! | `cp /dev/stdin PATH` | the content | `/kind/kubeadm.conf`, `/kind/apimlab` |
//! | `kubeadm init --config=/kind/kubeadm.conf --skip-token-print --v=6` | | the control plane |
//! | `kubeadm join --config=/kind/kubeadm.conf --v=6` | | each worker |
//! | `kubectl --kubeconfig=/etc/kubernetes/admin.conf apply -f -` | manifests | Pod network, storage class |
//! | `ip -o -4 addr show dev eth0`, `ip addr add` and `ip addr del ADDRESS/32 dev eth0`, `sh -c …` | | load balancers, see [`crate::kind::builtin`] |
//! | `journalctl --no-pager --unit=kubelet` and `--unit=containerd` | | logs |
//! | `tar -C /var/log -chf - containers` | | logs |
//!
//! `/kind/apimlab` is ours: how far a creation has come, so that one that died half way is finished or begun anew.

mod body;
pub(crate) mod boot;
mod create;
pub(crate) mod found;
mod reduced;

use std::net::Ipv4Addr;

use bytes::Bytes;
use futures_util::stream;

use super::Error;
use super::engine::{Engine, Input, Output, Rights};
use super::name::Role;

pub(crate) use body::Blueprint;
pub(crate) use create::{connect, create, disconnect, remove, start};
pub(crate) use found::{Found, State, find};

/// How many lines of a failed program's output are shown.
const LINES: usize = 20;

/// A node that runs.
#[derive(Debug, Clone)]
pub struct Node {
    /// The engine that runs it.
    pub engine: Engine,
    /// The node's and the container's name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Its address on the sandbox's network.
    pub address: Ipv4Addr,
    /// The port of this machine that leads to its API server.
    pub port: Option<u16>,
    /// The rights that programs in it are given.
    pub rights: Rights,
    /// When its container was started, as Docker writes it: changes when it restarts.
    pub started: String,
}

impl Node {
    /// Runs a program until it ends; an exit code other than 0 is [`Error::Command`].
    pub async fn run(&self, words: &[&str]) -> Result<Output, Error> {
        self.succeed(words, None).await
    }

    /// Runs a program with this standard input.
    pub async fn feed(&self, words: &[&str], input: Input<'_>) -> Result<Output, Error> {
        self.succeed(words, Some(input)).await
    }

    /// The content of a file.
    pub async fn read(&self, path: &str) -> Result<String, Error> {
        Ok(self.run(&["cat", path]).await?.text())
    }

    /// Replaces a file. Its folder has to be there.
    pub async fn write(&self, path: &str, content: impl Into<Bytes> + Send) -> Result<(), Error> {
        self.feed(&["cp", "/dev/stdin", path], piece(content.into())).await.map(drop)
    }

    async fn succeed(&self, words: &[&str], input: Option<Input<'_>>) -> Result<Output, Error> {
        let output = self.engine.exec(&self.name, words, self.rights, input).await?;
        if output.code == 0 {
            return Ok(output);
        }
        Err(Error::Command {
            node: self.name.clone(),
            command: words.join(" "),
            code: output.code,
            output: output.last_lines(LINES),
        })
    }
}

/// Input that is there as a whole.
pub fn piece(content: Bytes) -> Input<'static> {
    Box::pin(stream::iter([Ok(content)]))
}

#[cfg(test)]
mod tests;
