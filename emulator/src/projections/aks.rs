//! Managed clusters, as a Kubernetes back end knows them, with what their principal may do in their subnet.

use aks::{AgentPool, Denial, LoadBalancerAccess, ManagedCluster, NodeSubnet, Power, Principal};
use arm::{ProvisioningState, ResourceId};
use network::{Cidr, SubnetId};
use serde_json::Value;

use super::network::prefix;
use crate::engine::{Resource, Store, array, authorization, property, text};
use crate::graph::{Directory, Identified};
use crate::providers::authorization::role_definitions;
use crate::providers::container_service::{self, managed_clusters};
use crate::providers::managed_identity::assigned;

/// What a cluster does in its subnet when it makes a load balancer there.
const SUBNET_ACTIONS: [&str; 2] = [
    "Microsoft.Network/virtualNetworks/subnets/read",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
];

/// All clusters. A cluster runs from the moment its creation begins: that is what the operation waits for.
pub fn clusters(store: &Store, directory: &Directory) -> Vec<ManagedCluster> {
    store
        .of_type(managed_clusters::DEFINITION.name, None)
        .filter(|cluster| cluster.state != ProvisioningState::Deleting)
        .filter_map(|cluster| managed_cluster(store, directory, cluster))
        .collect()
}

fn managed_cluster(store: &Store, directory: &Directory, cluster: &Resource) -> Option<ManagedCluster> {
    let properties = cluster.properties();
    let own = |path: &[&str]| text(properties, path).unwrap_or_default().to_owned();
    let pools: Vec<AgentPool> =
        array(properties, &["agentPoolProfiles"]).iter().map(|pool| agent_pool(store, pool)).collect();
    let principal = principal(directory, cluster);
    let access =
        pools.iter().find_map(|pool| pool.subnet.as_ref()).map_or(LoadBalancerAccess::Granted, |subnet| {
            access(store, directory, &principal, subnet.id.as_str())
        });
    Some(ManagedCluster {
        id: cluster.id.to_string(),
        name: cluster.id.name().to_owned(),
        resource_group: cluster.id.resource_group().unwrap_or_default().to_owned(),
        location: text(&cluster.body, &["location"]).unwrap_or_default().to_owned(),
        kubernetes_version: own(&["currentKubernetesVersion"]),
        node_resource_group: own(&["nodeResourceGroup"]),
        pools,
        pod_range: range(properties, "podCidr")?,
        service_range: range(properties, "serviceCidr")?,
        principal,
        load_balancer_access: access,
        power: if container_service::is_stopped(&cluster.body) { Power::Stopped } else { Power::Running },
        rotations: property(&cluster.body, &[container_service::ROTATIONS]).as_u64().unwrap_or_default(),
    })
}

/// A range of the network profile; one that is stored was checked.
fn range(properties: &Value, name: &str) -> Option<Cidr> {
    text(properties, &["networkProfile", name])?.parse().ok()
}

fn agent_pool(store: &Store, pool: &Value) -> AgentPool {
    let subnet = text(pool, &["vnetSubnetID"]).and_then(|id| store.find(id));
    let count = pool.get("count").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
    AgentPool {
        name: text(pool, &["name"]).unwrap_or_default().to_owned(),
        count: count.unwrap_or(1),
        vm_size: text(pool, &["vmSize"]).unwrap_or_default().to_owned(),
        subnet: subnet.and_then(|subnet| {
            Some(NodeSubnet { id: SubnetId::new(subnet.id.as_str()), prefix: prefix(&subnet)? })
        }),
    }
}

fn principal(directory: &Directory, cluster: &Resource) -> Principal {
    if let Some(object_id) = assigned::principal(&cluster.body) {
        return Principal { client_id: "msi".to_owned(), object_id: object_id.to_owned() };
    }
    let client_id = text(cluster.properties(), &["servicePrincipalProfile", "clientId"]).unwrap_or_default();
    let found = directory.service_principal_by_app_id(client_id);
    Principal {
        client_id: client_id.to_owned(),
        object_id: found.map(|principal| principal.object_id).unwrap_or_default(),
    }
}

fn access(store: &Store, directory: &Directory, principal: &Principal, subnet: &str) -> LoadBalancerAccess {
    let Ok(scope) = subnet.parse::<ResourceId>() else { return LoadBalancerAccess::Granted };
    let missing = SUBNET_ACTIONS
        .iter()
        .find(|action| !authorization::allows(store, &principal.object_id, action, &scope));
    match missing {
        None => LoadBalancerAccess::Granted,
        Some(action) => LoadBalancerAccess::Denied(Denial {
            action: (*action).to_owned(),
            scope: scope.to_string(),
            hint: Some(hint(store, directory, principal, &scope)),
        }),
    }
}

/// What was probably meant by the assignments that there are.
fn hint(store: &Store, directory: &Directory, principal: &Principal, scope: &ResourceId) -> String {
    let Principal { client_id, object_id } = principal;
    if object_id.is_empty() {
        return format!("the directory has no service principal for the application (client) id {client_id}");
    }
    if let Some(assigned) = other_id(store, directory, object_id) {
        return format!(
            "a role is assigned to {assigned}, which is another id of the same application: assign it to the service principal's object id {object_id}"
        );
    }
    let assignment = authorization::assignments(store, object_id).next();
    match assignment.and_then(|assignment| {
        let role = role_definitions::built_in(text(assignment.properties(), &["roleDefinitionId"])?)?;
        Some((role.name, assignment.id.scope()?))
    }) {
        Some((role, granted)) if !scope.is_within(&granted) => {
            format!(
                "the service principal {object_id} has the role {role} on {granted}, which the subnet is not part of"
            )
        }
        Some((role, granted)) => format!(
            "the service principal {object_id} has the role {role} on {granted}, which does not include this action: assign Network Contributor or Contributor"
        ),
        None => format!(
            "assign the role Network Contributor, or Contributor, to the service principal's object id {object_id} on the subnet or above"
        ),
    }
}

/// An id of the principal's application that a role is assigned to and that is not the principal's object id.
fn other_id(store: &Store, directory: &Directory, object_id: &str) -> Option<String> {
    store.of_type(crate::providers::authorization::role_assignments::DEFINITION.name, None).find_map(
        |assignment| {
            let assigned = text(assignment.properties(), &["principalId"])?;
            let meant = match directory.identify(assigned) {
                Identified::AppIdOf { service_principal }
                | Identified::ApplicationObjectIdOf { service_principal } => service_principal?,
                _ => return None,
            };
            meant.object_id.eq_ignore_ascii_case(object_id).then(|| assigned.to_owned())
        },
    )
}
