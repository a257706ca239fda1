//! Kubernetes behind AKS: runs what `lib/aks` describes, behind the port [`aks::Cluster`].
//!
//! One back end so far: [`embedded`], an API server and controllers in this process.

pub mod embedded;

pub use embedded::workloads::supervise;
pub use embedded::{Body, ClientCertificate, Config, Embedded, Peer};
