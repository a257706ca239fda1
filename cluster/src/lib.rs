//! Kubernetes behind AKS: runs what `lib/aks` describes, behind the port [`aks::Cluster`].
//!
//! Two back ends: [`embedded`], an API server and controllers in this process, and [`kind`], real Kubernetes in
//! containers of a Docker Engine.

pub mod embedded;
pub mod kind;
mod load_balancer;
mod metallb;
mod object;

pub use embedded::workloads::supervise;
pub use embedded::{Body, ClientCertificate, Config, Embedded, LoadBalancers, Nodes, Peer};
