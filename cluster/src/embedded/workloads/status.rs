//! What became of a Pod's containers, as the kubelet reports it.

use std::net::SocketAddr;

use sim::Timestamp;

/// What became of a Pod.
#[derive(Debug, Clone, Default)]
pub struct PodStatus {
    /// The containers that run first.
    pub init: Vec<ContainerStatus>,
    /// The containers.
    pub containers: Vec<ContainerStatus>,
    /// Nothing of it runs any more, because it was stopped.
    pub stopped: bool,
}

/// What became of a container.
#[derive(Debug, Clone)]
pub struct ContainerStatus {
    /// The container's name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its state now.
    pub state: ContainerState,
    /// How it ended before its last restart.
    pub last: Option<Terminated>,
    /// How often it was restarted.
    pub restarts: u32,
    /// It answers, as far as its readiness probe knows.
    pub ready: bool,
    /// It runs and its start-up probe has succeeded.
    pub started: bool,
    /// Where it listens.
    pub listens: Vec<Listening>,
}

/// A port of a container and the socket behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// The port in the Pod; `None` if the socket stands for all of them.
    pub port: Option<u16>,
    /// The real loopback socket.
    pub socket: SocketAddr,
}

/// The state of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerState {
    /// It does not run yet, or not now.
    Waiting {
        /// In one word.
        reason: String,
        /// For people.
        message: String,
    },
    /// It runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It has ended.
    Terminated(Terminated),
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminated {
    /// Its exit code.
    pub code: i32,
    /// In one word: `Completed`, `Error`.
    pub reason: String,
    /// For people.
    pub message: String,
    /// When it had started.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
}

impl ContainerState {
    /// A waiting container.
    pub fn waiting(reason: &str, message: impl Into<String>) -> Self {
        Self::Waiting { reason: reason.to_owned(), message: message.into() }
    }

    /// The container runs.
    pub const fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// How it ended, if it did.
    pub const fn terminated(&self) -> Option<&Terminated> {
        match self {
            Self::Terminated(ended) => Some(ended),
            _ => None,
        }
    }
}

impl PodStatus {
    /// The socket behind a port of the Pod, if something listens there.
    pub fn socket(&self, port: u16) -> Option<SocketAddr> {
        let listens = || self.containers.iter().flat_map(|container| &container.listens);
        let exact = listens().find(|listening| listening.port == Some(port));
        exact.or_else(|| listens().find(|listening| listening.port.is_none())).map(|found| found.socket)
    }
}
