//! Nodes: the machines of the cluster's agent pools, with their addresses.
//! <https://learn.microsoft.com/azure/aks/core-aks-concepts#nodes>
//!
//! **Differs from Azure:** a node is ready at once, and nothing runs on it but Pods; allocatable resources follow
//! AKS's reservations, capacity is a table of common sizes.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use aks::{AgentPool, ManagedCluster};
use network::AddressError;
use serde_json::{Value, json};

use super::Controllers;
use super::object::{name, text};
use crate::embedded::store::Object;

/// How soon an address is asked for again.
const RETRY: Duration = Duration::from_millis(250);
/// How many Pods a node takes.
const PODS: u64 = 110;

/// Sizes: name, processors, memory in MiB.
const SIZES: &[(&str, u64, u64)] = &[
    ("standard_b2ms", 2, 8_192),
    ("standard_b2s", 2, 4_096),
    ("standard_b4ms", 4, 16_384),
    ("standard_d2_v2", 2, 7_168),
    ("standard_d2_v3", 2, 8_192),
    ("standard_d2s_v3", 2, 8_192),
    ("standard_d2s_v5", 2, 8_192),
    ("standard_d3_v2", 4, 14_336),
    ("standard_d4_v3", 4, 16_384),
    ("standard_d4s_v3", 4, 16_384),
    ("standard_d4s_v5", 4, 16_384),
    ("standard_d8s_v5", 8, 32_768),
    ("standard_ds2_v2", 2, 7_168),
    ("standard_ds3_v2", 4, 14_336),
    ("standard_e2s_v5", 2, 16_384),
    ("standard_e4s_v5", 4, 32_768),
];
const USUAL_SIZE: (u64, u64) = (2, 8_192);

/// Makes the nodes those of the agent pools.
pub fn reconcile(controllers: &mut Controllers) {
    let cluster = controllers.cluster.clone();
    let mut wanted = BTreeSet::new();
    for pool in &cluster.pools {
        for index in 0..pool.count {
            let name = node_name(&cluster, pool, index);
            ensure(controllers, pool, &name);
            wanted.insert(name);
        }
    }
    for node in controllers.list("nodes").iter().filter(|node| !wanted.contains(name(node))) {
        release(controllers, &owner(node));
        controllers.delete("nodes", node);
    }
}

/// Gives the nodes' addresses back.
pub fn release_all(controllers: &mut Controllers) {
    for node in controllers.list("nodes") {
        release(controllers, &owner(&node));
    }
}

/// The node's address in its subnet.
pub fn address(node: &Object) -> Option<Ipv4Addr> {
    let addresses = node["status"]["addresses"].as_array()?;
    let internal = addresses.iter().find(|one| one["type"] == "InternalIP")?;
    text(&internal["address"]).parse().ok()
}

fn ensure(controllers: &mut Controllers, pool: &AgentPool, name: &str) {
    let present = controllers.store.get("nodes", "", name);
    let had = present.as_deref().and_then(address);
    let address = match take(controllers, pool, &format!("node {name}"), had) {
        Ok(address) => address,
        Err(error) => {
            tracing::warn!(node = name, %error, "the node has no address yet");
            return controllers.wake_in(RETRY);
        }
    };
    match present {
        None => create(controllers, pool, name, address),
        Some(node) => {
            let version = format!("v{}", controllers.cluster.kubernetes_version);
            if had != Some(address) || node["status"]["nodeInfo"]["kubeletVersion"] != version.as_str() {
                let status = status(controllers, pool, name, address);
                controllers.set_status("nodes", &node, status);
            }
        }
    }
}

fn take(
    controllers: &mut Controllers,
    pool: &AgentPool,
    owner: &str,
    had: Option<Ipv4Addr>,
) -> Result<Ipv4Addr, AddressError> {
    let fabric = controllers.fabric.clone();
    let mut take = |wanted| match &pool.subnet {
        Some(subnet) => fabric.take_address(&subnet.id, owner, wanted),
        None => controllers.network.take(owner, wanted),
    };
    // The address from before is a wish; the node also works with another one.
    match take(had) {
        Err(AddressError::Taken { .. } | AddressError::NotUsable(..)) if had.is_some() => take(None),
        taken => taken,
    }
}

fn create(controllers: &mut Controllers, pool: &AgentPool, name: &str, address: Ipv4Addr) {
    let Some(range) = free_pod_range(controllers) else {
        tracing::warn!(node = name, "the Pod range is too small for another node");
        return;
    };
    let cluster = &controllers.cluster;
    let node = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": { "name": name, "labels": labels(cluster, pool, name) },
        "spec": {
            "podCIDR": range,
            "podCIDRs": [range],
            "providerID": format!(
                "azure:///subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/virtualMachineScaleSets/{}",
                cluster.id.split('/').nth(2).unwrap_or_default(),
                cluster.node_resource_group.to_lowercase(),
                name.rsplit_once("vmss").map_or(name.to_owned(), |(set, index)| {
                    format!("{set}vmss/virtualMachines/{}", index.trim_start_matches('0').parse::<u32>().unwrap_or(0))
                }),
            ),
        },
        "status": status(controllers, pool, name, address),
    });
    if let Some(node) = controllers.create("nodes", node) {
        let message = format!("Node {name} event: Registered Node {name} in Controller");
        controllers.normal(&node, "node-controller", ("RegisteredNode", &message));
    }
}

/// The first /24 of the Pod range that no node has.
pub fn free_pod_range(controllers: &Controllers) -> Option<String> {
    let taken: BTreeSet<String> =
        controllers.list("nodes").iter().map(|node| text(&node["spec"]["podCIDR"]).to_owned()).collect();
    let range = controllers.cluster.pod_range;
    (0..=255)
        .map_while(|index| range.address(index * 256))
        .map(|first| format!("{first}/24"))
        .find(|one| !taken.contains(one))
}

fn labels(cluster: &ManagedCluster, pool: &AgentPool, name: &str) -> Value {
    json!({
        "agentpool": pool.name,
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": pool.vm_size,
        "beta.kubernetes.io/os": "linux",
        "failure-domain.beta.kubernetes.io/region": cluster.location,
        "failure-domain.beta.kubernetes.io/zone": "0",
        "kubernetes.azure.com/agentpool": pool.name,
        "kubernetes.azure.com/cluster": cluster.node_resource_group,
        "kubernetes.azure.com/mode": "system",
        "kubernetes.azure.com/os-sku": "Ubuntu",
        "kubernetes.azure.com/role": "agent",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/role": "agent",
        "node-role.kubernetes.io/agent": "",
        "node.kubernetes.io/instance-type": pool.vm_size,
        "topology.kubernetes.io/region": cluster.location,
        "topology.kubernetes.io/zone": "0",
    })
}

fn status(controllers: &Controllers, pool: &AgentPool, name: &str, address: Ipv4Addr) -> Value {
    let size = SIZES.iter().find(|(size, ..)| pool.vm_size.eq_ignore_ascii_case(size));
    let (processors, memory) = size.map_or(USUAL_SIZE, |(_, processors, memory)| (*processors, *memory));
    // AKS: 20 MiB for each Pod and 50 MiB, or a quarter if that is less; 100 MiB before Pods are evicted.
    let reserved = (20 * PODS + 50).min(memory / 4) + 100;
    let free = json!({
        "cpu": format!("{}m", processors * 1_000 - 60 - 20 * processors),
        "ephemeral-storage": "119703055367",
        "memory": format!("{}Ki", (memory - reserved) << 10),
        "pods": PODS.to_string(),
    });
    let capacity = json!({
        "cpu": processors.to_string(),
        "ephemeral-storage": "129886128Ki",
        "memory": format!("{}Ki", memory << 10),
        "pods": PODS.to_string(),
    });
    json!({
        "addresses": [
            { "type": "InternalIP", "address": address.to_string() },
            { "type": "Hostname", "address": name },
        ],
        "allocatable": free,
        "capacity": capacity,
        "conditions": conditions(&controllers.now()),
        "daemonEndpoints": { "kubeletEndpoint": { "Port": 10250 } },
        "nodeInfo": node_info(&controllers.cluster.kubernetes_version, name),
    })
}

fn conditions(now: &str) -> Value {
    let rows = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ];
    let condition = |(kind, status, reason, message): &(&str, &str, &str, &str)| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        })
    };
    rows.iter().map(condition).collect()
}

fn node_info(version: &str, name: &str) -> Value {
    json!({
        "architecture": "amd64",
        "bootID": sim::Ids::named(&["boot", name]),
        "containerRuntimeVersion": "containerd://1.7.28-1",
        "kernelVersion": "5.15.0-1098-azure",
        "kubeProxyVersion": "",
        "kubeletVersion": format!("v{version}"),
        "machineID": sim::Ids::named(&["machine", name]).replace('-', ""),
        "operatingSystem": "linux",
        "osImage": "Ubuntu 22.04.5 LTS",
        "systemUUID": sim::Ids::named(&["system", name]),
    })
}

/// `aks-pool1-12345678-vmss000000`: the digits are the cluster's, the last six the number in base 36.
fn node_name(cluster: &ManagedCluster, pool: &AgentPool, index: u32) -> String {
    let digits = fnv(cluster.id.to_ascii_lowercase().as_bytes()) % 100_000_000;
    let mut number = String::new();
    let mut rest = index;
    for _ in 0..6 {
        number.insert(0, char::from_digit(rest % 36, 36).unwrap_or('0'));
        rest /= 36;
    }
    format!("aks-{}-{digits:08}-vmss{number}", pool.name)
}

/// FNV-1a with 32 bits: the same in every version of everything.
pub fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn owner(node: &Arc<Object>) -> String {
    format!("node {}", name(node))
}

fn release(controllers: &mut Controllers, owner: &str) {
    controllers.fabric.release_addresses(owner);
    controllers.network.release(owner);
}
