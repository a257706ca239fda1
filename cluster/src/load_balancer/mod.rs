//! Load balancers for Services, as the Azure cloud provider decides about them: which address, why not, and what the
//! events say. Both back ends make what is decided here, each in its own way.
//! <https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/>
//! <https://learn.microsoft.com/azure/aks/internal-lb>
//!
//! An internal one takes an address of the cluster's subnet, for which the cluster's identity needs a role there.
//! While it has none, the Service stays pending and an event says what is missing; it gets its address as soon as
//! the role is assigned.
//!
//! **Differs from Azure:** nothing takes time; health probes are the Pods' readiness; of the annotations those of
//! `internal`, `internal-subnet` and `ipv4` are honoured, `pip-name` is refused, and a DNS label is told not to be
//! resolved.

mod failure;
mod memory;
mod own_network;
mod plan;

use std::net::Ipv4Addr;

use aks::ManagedCluster;
use network::Fabric;
use serde_json::{Value, json};

use crate::object::{annotation, is_deleted, items, list_mut, name, namespace, set, text};

pub use failure::Failure;
pub use memory::{Attempt, Memory, Step};
pub use own_network::OwnNetwork;
pub use plan::Plan;

/// Who writes the events.
pub const COMPONENT: &str = "service-controller";
/// What holds a Service until its address is given back.
pub const FINALIZER: &str = "service.kubernetes.io/load-balancer-cleanup";
/// An attempt begins.
pub const ENSURING: (&str, &str) = ("EnsuringLoadBalancer", "Ensuring load balancer");
/// An attempt has succeeded.
pub const ENSURED: (&str, &str) = ("EnsuredLoadBalancer", "Ensured load balancer");
/// The end begins.
pub const DELETING: (&str, &str) = ("DeletingLoadBalancer", "Deleting load balancer");
/// The end.
pub const DELETED: (&str, &str) = ("DeletedLoadBalancer", "Deleted load balancer");
/// The reason of the event about a failed attempt.
pub const FAILED: &str = "SyncLoadBalancerFailed";
/// The reason of the event about a DNS label.
pub const UNRESOLVED: &str = "DNSLabelNotResolved";

const DNS_LABEL: &str = "service.beta.kubernetes.io/azure-dns-label-name";

/// What addresses are taken from.
pub struct Azure<'a> {
    /// The cluster, and the role that it has on its subnet.
    pub cluster: &'a ManagedCluster,
    /// Subnets and public addresses.
    pub fabric: &'a Fabric,
    /// The network that AKS has made for the cluster.
    pub own: &'a mut OwnNetwork,
}

impl Azure<'_> {
    /// In whose name a Service's address is taken.
    pub fn owner(&self, service: &Value) -> String {
        format!(
            "service {}/{} of cluster {}/{}",
            namespace(service),
            name(service),
            self.cluster.resource_group.to_lowercase(),
            self.cluster.name.to_lowercase()
        )
    }

    /// Gives a Service's addresses back.
    pub fn release(&mut self, service: &Value) {
        let owner = self.owner(service);
        self.fabric.release_addresses(&owner);
        self.own.release(&owner);
    }

    /// What a Service's DNS label would be on Azure; nothing resolves it here.
    pub fn unresolved(&self, service: &Value) -> Option<String> {
        let label = annotation(service, DNS_LABEL).filter(|label| !label.is_empty())?;
        Some(format!(
            "The name {label}.{}.cloudapp.azure.com is not resolved by the sandbox: use the address",
            self.cluster.location.to_lowercase()
        ))
    }
}

/// The Service is to have a load balancer of Azure's.
pub fn wants(service: &Value) -> bool {
    let spec = &service["spec"];
    text(&spec["type"]) == "LoadBalancer" && spec.get("loadBalancerClass").is_none() && !is_deleted(service)
}

/// The address of a Service's load balancer.
pub fn address(service: &Value) -> Option<Ipv4Addr> {
    let first = items(&service["status"]["loadBalancer"]["ingress"]).first()?;
    text(&first["ip"]).parse().ok()
}

/// `status.loadBalancer` of a Service with this address.
pub fn ingress(address: Ipv4Addr) -> Value {
    json!({ "ingress": [{ "ip": address.to_string(), "ipMode": "VIP" }] })
}

/// The Service waits for its address to be given back.
pub fn has_finalizer(service: &Value) -> bool {
    items(&service["metadata"]["finalizers"]).iter().any(|one| one == FINALIZER)
}

/// Makes the Service wait.
pub fn add_finalizer(service: &mut Value) {
    if has_finalizer(service) {
        return;
    }
    match list_mut(service, "/metadata/finalizers") {
        Some(finalizers) => finalizers.push(FINALIZER.into()),
        None => set(service, &["metadata", "finalizers"], json!([FINALIZER])),
    }
}

/// Lets the Service go.
pub fn remove_finalizer(service: &mut Value) {
    if let Some(finalizers) = list_mut(service, "/metadata/finalizers") {
        finalizers.retain(|one| one != FINALIZER);
    }
}
