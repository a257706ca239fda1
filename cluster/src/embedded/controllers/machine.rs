//! Nodes that register themselves: each gets its part of the Pod range, as the node IPAM controller gives it.
//! <https://kubernetes.io/docs/concepts/architecture/nodes/#management>
//!
//! **Differs from Kubernetes:** a node that no longer reports keeps the conditions that it reported last.

use super::object::{set, text};
use super::{Controllers, node};

/// Gives each node without a Pod range one.
pub fn reconcile(controllers: &mut Controllers) {
    for node in controllers.list("nodes").iter().filter(|node| text(&node["spec"]["podCIDR"]).is_empty()) {
        let Some(range) = node::free_pod_range(controllers) else {
            return tracing::warn!("the Pod range is too small for another node");
        };
        controllers.update("nodes", node, |node| {
            set(node, &["spec", "podCIDR"], range.as_str().into());
            set(node, &["spec", "podCIDRs"], vec![range].into());
        });
    }
}
