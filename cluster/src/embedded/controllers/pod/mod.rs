//! Pods: the scheduler and the kubelets of all nodes.
//! <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/>
//!
//! **Differs from Kubernetes:** volumes are not mounted, which an event says; the IP of a Pod survives a restart of
//! the sandbox, its containers count it as a restart.

mod addresses;
mod kubelet;
mod scheduler;
mod spec;
mod status;
mod taint;

pub use addresses::Addresses;
pub use kubelet::{run, terminate};
pub use scheduler::schedule;
pub use spec::target;
