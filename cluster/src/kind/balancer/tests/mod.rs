//! The load balancers of a kind cluster, against the embedded API server over HTTP and the `kube` client.

mod builtin;
mod lab;
mod metallb;
