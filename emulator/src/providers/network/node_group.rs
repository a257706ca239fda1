//! What AKS makes in the resource group of a cluster's nodes: load balancers and public addresses, seen through the
//! cluster's Services. <https://learn.microsoft.com/azure/aks/load-balancer-standard>
//!
//! **Differs from Azure:** names of frontends and rules follow from the Service's name, not from its uid; all rules
//! have the shared probe of `externalTrafficPolicy: Cluster`; backend pools list no machines.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use network::{Exposure, Frontend};
use serde_json::{Value, json};
use sim::Ids;

use super::{load_balancers, public_ip_addresses};
use crate::engine::{Definition, Resource, Store, text};
use crate::providers::container_service::managed_clusters;

const PROBE: &str = "cluster-service-shared-health-probe";

/// What AKS makes stays what AKS made it.
pub fn check_own(store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    let definition = crate::providers::definition(&id.resource_type());
    let found = definition.and_then(|definition| (definition.find)(store, id));
    if store.get(id).is_some() || found.is_none() {
        return Ok(());
    }
    let message = format!(
        "The resource '{id}' belongs to a managed cluster, which alone changes it: change its Services instead."
    );
    Err(ErrorResponse::new(403, "DenyAssignmentAuthorizationFailed", message))
}

/// The load balancer with this id, if a cluster has it.
pub fn load_balancer(store: &Store, id: &ResourceId) -> Option<Arc<Resource>> {
    load_balancers(store, id.resource_group_id().as_ref()).into_iter().find(|found| found.id == *id)
}

/// The load balancers of clusters whose nodes are in a scope.
pub fn load_balancers(store: &Store, scope: Option<&ResourceId>) -> Vec<Arc<Resource>> {
    clusters(store, scope).iter().flat_map(|(cluster, group)| of_cluster(store, cluster, group)).collect()
}

/// The public address with this id, if a cluster has it.
pub fn public_address(store: &Store, id: &ResourceId) -> Option<Arc<Resource>> {
    public_addresses(store, id.resource_group_id().as_ref()).into_iter().find(|found| found.id == *id)
}

/// The public addresses of clusters whose nodes are in a scope.
pub fn public_addresses(store: &Store, scope: Option<&ResourceId>) -> Vec<Arc<Resource>> {
    let mut found = Vec::new();
    for (cluster, group) in clusters(store, scope) {
        for frontend in balanced(store, &cluster).filter(|frontend| frontend.exposure == Exposure::Public) {
            let body = json!({
                "location": cluster.body["location"], "sku": {"name": "Standard", "tier": "Regional"},
                "tags": {"k8s-azure-service": frontend.balanced_service(),
                    "k8s-azure-cluster-name": "kubernetes"},
                "properties": {
                    "publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4",
                    "ipAddress": frontend.address.to_string(), "idleTimeoutInMinutes": 4,
                },
            });
            found.push(made(
                public_address_id(&group, &cluster, &frontend),
                &public_ip_addresses::DEFINITION,
                body,
            ));
        }
    }
    found
}

/// The clusters whose nodes are in a scope, with the resource groups of the nodes.
fn clusters(store: &Store, scope: Option<&ResourceId>) -> Vec<(Arc<Resource>, ResourceId)> {
    let all = store.of_type(managed_clusters::DEFINITION.name, None);
    all.filter_map(|cluster| {
        let group = managed_clusters::node_group(&cluster.body, &cluster.id)?;
        let inside = scope.is_none_or(|scope| group.is_within(scope));
        inside.then(|| (cluster.clone(), store.get(&group).map_or(group, |found| found.id.clone())))
    })
    .collect()
}

fn balanced(store: &Store, cluster: &Resource) -> impl Iterator<Item = Frontend> {
    let mut found = store.fabric().published(cluster.id.as_str());
    found.retain(|frontend| frontend.balanced_service().is_some());
    found.sort_by(|one, other| one.owner.cmp(&other.owner));
    found.into_iter()
}

/// `kubernetes` is there from the start, for what nodes send out; `kubernetes-internal` with the first Service.
fn of_cluster(store: &Store, cluster: &Resource, group: &ResourceId) -> Vec<Arc<Resource>> {
    let (public, internal): (Vec<_>, Vec<_>) =
        balanced(store, cluster).partition(|frontend| frontend.exposure == Exposure::Public);
    let outbound = text(cluster.properties(), &["networkProfile", "outboundType"]) == Some("loadBalancer");
    let mut found = Vec::new();
    if outbound || !public.is_empty() {
        found.push(balancer(cluster, group, "kubernetes", &public));
    }
    if !internal.is_empty() {
        found.push(balancer(cluster, group, "kubernetes-internal", &internal));
    }
    found
}

fn balancer(cluster: &Resource, group: &ResourceId, name: &str, frontends: &[Frontend]) -> Arc<Resource> {
    let id = group.provider("Microsoft.Network", "loadBalancers", name);
    let part = |list: &str, name: &str| json!({"id": format!("{id}/{list}/{name}")});
    let pool = "kubernetes";
    let mut rules = Vec::new();
    let mut shown = Vec::new();
    for frontend in frontends {
        let own = name_of(cluster, frontend);
        shown.push(json!({
            "name": own, "id": format!("{id}/frontendIPConfigurations/{own}"),
            "properties": address_of(group, cluster, frontend),
        }));
        for port in &frontend.ports {
            let rule = format!("{own}-TCP-{}", port.number);
            rules.push(json!({"name": rule, "id": format!("{id}/loadBalancingRules/{rule}"), "properties": {
                "frontendIPConfiguration": part("frontendIPConfigurations", &own),
                "backendAddressPool": part("backendAddressPools", pool),
                "backendAddressPools": [part("backendAddressPools", pool)],
                "probe": part("probes", PROBE), "protocol": "Tcp",
                "frontendPort": port.number, "backendPort": port.number,
                "enableFloatingIP": true, "idleTimeoutInMinutes": 4, "loadDistribution": "Default",
                "disableOutboundSnat": true, "enableTcpReset": true,
            }}));
        }
    }
    let probes = if rules.is_empty() { json!([]) } else { json!([probe(&id)]) };
    let body = json!({
        "location": cluster.body["location"], "sku": {"name": "Standard", "tier": "Regional"},
        "tags": {"aks-managed-cluster-name": cluster.id.name(),
            "aks-managed-cluster-rg": cluster.id.resource_group()},
        "properties": {
            "frontendIPConfigurations": shown,
            "backendAddressPools":
                [{"name": pool, "id": format!("{id}/backendAddressPools/{pool}"), "properties": {}}],
            "loadBalancingRules": rules, "probes": probes, "inboundNatRules": [], "outboundRules": [],
        },
    });
    made(id, &load_balancers::DEFINITION, body)
}

fn probe(balancer: &ResourceId) -> Value {
    json!({"name": PROBE, "id": format!("{balancer}/probes/{PROBE}"), "properties": {
        "protocol": "Http", "port": 10_356, "requestPath": "/", "intervalInSeconds": 5,
        "numberOfProbes": 1, "probeThreshold": 2,
    }})
}

fn address_of(group: &ResourceId, cluster: &Resource, frontend: &Frontend) -> Value {
    match &frontend.exposure {
        Exposure::Internal(subnet) => json!({
            "privateIPAddress": frontend.address.to_string(), "privateIPAddressVersion": "IPv4",
            "privateIPAllocationMethod": "Dynamic", "subnet": {"id": subnet.as_str()},
        }),
        Exposure::Public | Exposure::Cluster(_) => json!({
            "privateIPAllocationMethod": "Dynamic",
            "publicIPAddress": {"id": public_address_id(group, cluster, frontend).as_str()},
        }),
    }
}

fn public_address_id(group: &ResourceId, cluster: &Resource, frontend: &Frontend) -> ResourceId {
    let name = format!("kubernetes-{}", name_of(cluster, frontend));
    group.provider("Microsoft.Network", "publicIPAddresses", &name)
}

/// `a` and 31 digits, as the name of a Service's load balancer always was.
fn name_of(cluster: &Resource, frontend: &Frontend) -> String {
    let hash = Ids::named(&[cluster.id.key(), frontend.balanced_service().unwrap_or_default()]);
    format!("a{}", hash.replace('-', "").chars().take(31).collect::<String>())
}

fn made(id: ResourceId, definition: &'static Definition, body: Value) -> Arc<Resource> {
    let etag = Ids::named(&[id.key(), &body.to_string()]);
    Arc::new(Resource { etag, ..Resource::new(id, definition, body) })
}
