//! The workloads that are compiled in: one file and one line of [`BUILTINS`] each.

mod curl;
mod faulty;
mod httpbin;
mod nginx;

use std::sync::Arc;

use super::container::Instance;
use super::server::{BoxFuture, Handler};

/// A workload that stands for well-known images.
pub struct Builtin {
    /// What it is called here.
    pub name: &'static str,
    /// The images that it stands for; `*` matches any run of characters.
    pub images: &'static [&'static str],
    /// The programs that a container may name as its `command`.
    pub commands: &'static [&'static str],
    /// What it does.
    pub run: Run,
}

/// What a built-in workload does.
pub enum Run {
    /// It answers HTTP on a port.
    Serve {
        /// The port in the Pod.
        port: fn(&Instance) -> u16,
        /// What answers, or why the container's settings cannot be honoured.
        handler: fn(Instance) -> Result<Arc<dyn Handler>, String>,
    },
    /// It does something and ends.
    Job(fn(Instance) -> BoxFuture<'static, JobEnd>),
}

/// How a job ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JobEnd {
    /// The exit code.
    pub code: i32,
    /// A remark for the container's state.
    pub message: String,
}

/// All of them, sorted.
pub static BUILTINS: &[Builtin] = &[curl::BUILTIN, faulty::BUILTIN, httpbin::BUILTIN, nginx::BUILTIN];

/// The port in the variable `PORT`, or else `default`.
fn port_variable(instance: &Instance, default: u16) -> u16 {
    instance.spec.variable("PORT").and_then(|port| port.parse().ok()).unwrap_or(default)
}
