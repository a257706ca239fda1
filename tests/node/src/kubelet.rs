//! The kubelet: registers its node and reports on it: conditions, addresses, images.
//! <https://kubernetes.io/docs/reference/node/node-status/>
//!
//! **Differs from Kubernetes:** what its node runs, the control plane runs; the network is ready when the objects of
//! the network plugin are there.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sim::Clock;

use crate::api::{Api, Body};
use crate::error::Error;
use crate::images::Images;
use crate::journal;
use crate::node::Node;

/// How often it looks at its node.
const PERIOD: Duration = Duration::from_millis(200);
/// How often it reports although nothing has changed.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// What the network plugin brings along.
pub const NETWORK: &str = "/apis/apps/v1/namespaces/kube-system/daemonsets/kindnet";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The taint and the label of a control plane.
pub const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
/// What keeps load balancers away from a control plane.
pub const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// What was reported last, and when on the clock.
#[derive(Default)]
struct Reported {
    images: Option<Images>,
    ready: bool,
    at: Option<Duration>,
    since: String,
}

/// Reports until the container ends.
pub async fn run(node: Node, api: Arc<Api>, address: Ipv4Addr) {
    let clock = Clock::system();
    let mut reported = Reported { since: clock.now().rfc3339(), ..Reported::default() };
    let mut said = String::new();
    loop {
        let result = round(&node, &api, address, (&clock, &mut reported)).await;
        let error = result.err().map(|error| error.to_string()).unwrap_or_default();
        if error != said && !error.is_empty() {
            journal::write("kubelet", &error);
        }
        said = error;
        clock.sleep(PERIOD).await;
    }
}

async fn round(
    node: &Node,
    api: &Api,
    address: Ipv4Addr,
    (clock, reported): (&Clock, &mut Reported),
) -> Result<(), Error> {
    let images = Images::read()?;
    let ready = reported.ready || api.find(NETWORK).await?.is_some();
    let due = reported.at.is_none_or(|at| clock.elapsed() >= at + HEARTBEAT);
    if !due && ready == reported.ready && reported.images.as_ref() == Some(&images) {
        return Ok(());
    }
    let path = format!("/api/v1/nodes/{}", node.name);
    let present = if let Some(present) = api.find(&path).await? {
        present
    } else {
        journal::write("kubelet", &format!("Attempting to register node {}", node.name));
        api.send(Method::POST, "/api/v1/nodes", Body::Json(&object(node))).await?
    };
    if ready != reported.ready {
        reported.since = clock.now().rfc3339();
    }
    let status =
        json!({"status": status(node, address, &images, (ready, &clock.now().rfc3339(), &reported.since))});
    api.send(Method::PATCH, &format!("{path}/status"), Body::MergePatch(&status)).await?;
    if let Some(taints) = present["spec"]["taints"].as_array()
        && ready
        && taints.iter().any(|taint| taint["key"] == NOT_READY)
    {
        let kept: Vec<&Value> = taints.iter().filter(|taint| taint["key"] != NOT_READY).collect();
        api.send(Method::PATCH, &path, Body::MergePatch(&json!({"spec": {"taints": kept}}))).await?;
        journal::write("kubelet", &format!("Node {} is ready", node.name));
    }
    *reported =
        Reported { images: Some(images), ready, at: Some(clock.elapsed()), since: reported.since.clone() };
    Ok(())
}

fn object(node: &Node) -> Value {
    let mut labels = node.labels.clone();
    for (label, value) in [("kubernetes.io/arch", "amd64"), ("kubernetes.io/os", "linux")] {
        labels.insert(label.to_owned(), value.into());
    }
    labels.insert("kubernetes.io/hostname".to_owned(), node.name.as_str().into());
    let mut taints = vec![json!({"key": NOT_READY, "effect": "NoSchedule"})];
    if node.control_plane.is_some() {
        labels.insert(CONTROL_PLANE.to_owned(), "".into());
        labels.insert(EXCLUDED.to_owned(), "".into());
        taints.push(json!({"key": CONTROL_PLANE, "effect": "NoSchedule"}));
    }
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name, "labels": labels},
        "spec": {"providerID": node.provider_id, "taints": taints},
    })
}

fn status(node: &Node, address: Ipv4Addr, images: &Images, (ready, now, since): (bool, &str, &str)) -> Value {
    let condition = |(kind, status, reason, message): &(&str, &str, &str, &str)| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message, "lastHeartbeatTime": now,
            "lastTransitionTime": since,
        })
    };
    let no_network = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
                      message:Network plugin returns error: cni plugin not initialized";
    let conditions = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        if ready {
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status")
        } else {
            ("Ready", "False", "KubeletNotReady", no_network)
        },
    ];
    let room = json!({"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "100Gi"});
    json!({
        "addresses": [
            {"type": "InternalIP", "address": address.to_string()},
            {"type": "Hostname", "address": node.name},
        ],
        "allocatable": room,
        "capacity": room,
        "conditions": conditions.iter().map(condition).collect::<Vec<Value>>(),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": images.for_node_status(),
        "nodeInfo": {
            "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "containerd://stand-in",
            "kernelVersion": "", "kubeProxyVersion": "", "kubeletVersion": node.version, "machineID": "",
            "operatingSystem": "linux", "osImage": "stand-in node", "systemUUID": "",
        },
    })
}
