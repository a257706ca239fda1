//! The managed cluster: <https://learn.microsoft.com/rest/api/aks/managed-clusters/create-or-update>.
//!
//! It runs as the scenario's service principal and depends on the role assignments: rights take a while to spread
//! in Azure, so they are given before anybody needs them. Pods get addresses of their own (overlay), so the nodes
//! and the internal load balancers are alone in the subnet.

use cloud::Node;
use serde_json::{Value, json};

use super::{Context, key, put};
use crate::model::Cluster;

const API_VERSION: &str = "2025-10-01";

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let (Some(cluster), Some(id)) = (&context.document.cluster, context.cluster_id()) else {
        return Vec::new();
    };
    let roles = context.document.role_assignments.iter().map(|role| format!("roleAssignment/{}", *role.name));
    let count = *cluster.pool.count;
    let draft = put(key::CLUSTER, format!("managed cluster {}", *cluster.name), &id, API_VERSION)
        .body(body(context, cluster))
        .not_returned("properties.servicePrincipalProfile.secret")
        .depends([key::GROUP, key::NETWORK, key::PASSWORD])
        .depends(roles)
        .minutes(5);
    vec![priced(draft, &cluster.pool.vm_size, count).done()]
}

fn body(context: &Context, cluster: &Cluster) -> Value {
    let mut pool = json!({
        "name": *cluster.pool.name,
        "mode": "System",
        "type": "VirtualMachineScaleSets",
        "count": *cluster.pool.count,
        "vmSize": *cluster.pool.vm_size,
        "osType": "Linux",
    });
    if let Some(size) = cluster.pool.os_disk_size_gb {
        pool["osDiskSizeGB"] = json!(size);
    }
    if let Some(subnet) = context.subnet_id(&cluster.pool.subnet) {
        pool["vnetSubnetID"] = json!(subnet.as_str());
    }
    json!({
        "location": *context.document.location,
        "tags": context.tags(),
        "properties": {
            "dnsPrefix": *cluster.dns_prefix,
            "enableRBAC": true,
            "agentPoolProfiles": [pool],
            "servicePrincipalProfile": {
                "clientId": {"$ref": format!("{}.appId", key::APPLICATION)},
                "secret": {"$secret": format!("{}.secretText", key::PASSWORD)},
            },
            "networkProfile": {
                "networkPlugin": "azure",
                "networkPluginMode": "overlay",
                "loadBalancerSku": "standard",
            },
        },
    })
}

fn priced(draft: super::Draft, vm_size: &str, count: u32) -> super::Draft {
    // Linux, pay as you go, West US 2; the load balancer and its public address are small beside it.
    const NODE_USD: &[(&str, f32)] =
        &[("Standard_D2_v2", 83.0), ("Standard_D2s_v5", 70.0), ("Standard_B2s", 30.0)];
    let price = NODE_USD.iter().find(|(size, _)| size.eq_ignore_ascii_case(vm_size));
    match (price, u16::try_from(count)) {
        (Some((size, price)), Ok(count)) => draft.monthly_usd(
            price * f32::from(count),
            &format!("estimate: {count} × {size}, free control plane"),
        ),
        _ => draft.cost_note(&format!("{count} × {vm_size}: price unknown")),
    }
}
