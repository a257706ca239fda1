//! What a Pod is told to run: the part of a Pod's spec that matters to the runtime, already resolved.
//! <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::status::{ContainerState, Terminated};

/// A Pod as the runtime sees it.
#[derive(Debug, Clone)]
pub struct PodSpec {
    /// The object's uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its virtual address.
    pub address: Ipv4Addr,
    /// What happens when a container ends.
    pub restart: RestartPolicy,
    /// Containers that run one after the other before the others start.
    pub init: Vec<ContainerSpec>,
    /// The containers.
    pub containers: Vec<ContainerSpec>,
}

/// A container of a Pod. Its environment may hold secrets and is left out where it is printed for debugging.
#[derive(Clone, Default)]
pub struct ContainerSpec {
    /// Its name.
    pub name: String,
    /// The image as it is written in the Pod.
    pub image: String,
    /// What replaces the image's entry point.
    pub command: Vec<String>,
    /// The arguments.
    pub args: Vec<String>,
    /// The environment, without references.
    pub env: Vec<(String, String)>,
    /// The declared container ports.
    pub ports: Vec<u16>,
    /// Decides whether Services send connections.
    pub readiness: Option<Probe>,
    /// Decides whether the container is restarted.
    pub liveness: Option<Probe>,
    /// Holds the other two back until it has succeeded.
    pub startup: Option<Probe>,
    /// What happened before this process started.
    pub history: History,
}

/// What is known of a container from before the sandbox was restarted.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// How often it was restarted.
    pub restarts: u32,
    /// How it ended last.
    pub last: Option<Terminated>,
    /// It has ended for good.
    pub finished: Option<Terminated>,
}

/// What happens when a container ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RestartPolicy {
    /// It starts again.
    #[default]
    Always,
    /// It starts again unless it ended with 0.
    OnFailure,
    /// Nothing.
    Never,
}

/// A probe.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What is asked.
    pub check: Check,
    /// The wait before the first attempt.
    pub initial_delay: Duration,
    /// The time between attempts.
    pub period: Duration,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// Successes in a row that make it succeed.
    pub successes: u32,
    /// Failures in a row that make it fail.
    pub failures: u32,
}

/// What a probe asks.
#[derive(Debug, Clone)]
pub enum Check {
    /// An HTTP GET that has to be answered with 200 to 399.
    Http {
        /// The path and query.
        path: String,
        /// The container's port.
        port: u16,
        /// Additional headers.
        headers: Vec<(String, String)>,
    },
    /// A connection.
    Tcp {
        /// The container's port.
        port: u16,
    },
    /// A kind of probe that is not run here, by name.
    NotRun(String),
}

impl RestartPolicy {
    /// A container that ended with `code` starts again.
    pub fn restarts(self, code: i32) -> bool {
        match self {
            Self::Always => true,
            Self::OnFailure => code != 0,
            Self::Never => false,
        }
    }
}

impl fmt::Debug for ContainerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerSpec")
            .field("name", &self.name)
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

impl ContainerSpec {
    /// The value of an environment variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The state that the container is in before anything has happened.
    pub fn first_state(&self) -> ContainerState {
        match &self.history.finished {
            Some(ended) => ContainerState::Terminated(ended.clone()),
            None => ContainerState::waiting("ContainerCreating", ""),
        }
    }
}

impl PodSpec {
    /// `namespace/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}
