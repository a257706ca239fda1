//! The scheduler: gives each Pod a node that has room for it.
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/>
//!
//! Looks at requests, the number of Pods, `nodeSelector`, cordons, taints; the node with the fewest Pods wins.
//! **Differs from Kubernetes:** affinity, topology spread and preemption are not looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::taint;
use crate::embedded::controllers::Controllers;
use crate::embedded::controllers::object::{condition, is_deleted, items, name, set, text};
use crate::embedded::controllers::quantity::milli;
use crate::embedded::controllers::replica_set::is_active;
use crate::embedded::controllers::selector::selects_exactly;
use crate::embedded::store::Object;

const COMPONENT: &str = "default-scheduler";

/// A node and what is in use of it.
struct Node {
    object: Arc<Object>,
    pods: u128,
    used: Need,
}

#[derive(Default, Clone, Copy)]
struct Need {
    cpu: u128,
    memory: u128,
}

/// Binds Pods that have no node.
pub fn schedule(controllers: &mut Controllers) {
    let pods = controllers.list("pods");
    let waiting =
        |pod: &&Arc<Object>| text(&pod["spec"]["nodeName"]).is_empty() && !is_deleted(pod) && is_active(pod);
    if !pods.iter().any(|pod| waiting(&pod)) {
        return;
    }
    let mut nodes = nodes(controllers, &pods);
    for pod in pods.iter().filter(waiting) {
        let need = need(pod);
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        let mut fitting: Option<&mut Node> = None;
        for node in &mut nodes {
            match node.refuses(pod, need) {
                Some(reason) => *reasons.entry(reason).or_default() += 1,
                None if fitting.as_ref().is_none_or(|best| node.pods < best.pods) => fitting = Some(node),
                None => {}
            }
        }
        match fitting {
            Some(node) => {
                node.pods += 1;
                node.used = node.used.and(need);
                bind(controllers, pod, &node.object);
            }
            None => explain(controllers, pod, &no_room(&reasons)),
        }
    }
}

impl Node {
    fn refuses(&self, pod: &Object, need: Need) -> Option<&'static str> {
        let selector = &pod["spec"]["nodeSelector"];
        let selected = selector.as_object().is_none_or(serde_json::Map::is_empty)
            || selects_exactly(selector, &self.object["metadata"]["labels"]);
        let free = &self.object["status"]["allocatable"];
        let used = self.used.and(need);
        let tainted = taint::untolerated(&self.object, pod).is_some();
        let reasons = [
            (self.object["spec"]["unschedulable"] == true, "node(s) were unschedulable"),
            (tainted, "node(s) had untolerated taint"),
            (!selected, "node(s) didn't match Pod's node affinity/selector"),
            ((self.pods + 1) * 1_000 > milli(&free["pods"]), "Too many pods"),
            (need.cpu > 0 && used.cpu > milli(&free["cpu"]), "Insufficient cpu"),
            (need.memory > 0 && used.memory > milli(&free["memory"]), "Insufficient memory"),
        ];
        reasons.iter().find(|(refused, _)| *refused).map(|(_, reason)| *reason)
    }
}

impl Need {
    fn and(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_add(other.cpu), memory: self.memory.saturating_add(other.memory) }
    }
}

fn nodes(controllers: &Controllers, pods: &[Arc<Object>]) -> Vec<Node> {
    let mut nodes: Vec<Node> = controllers
        .list("nodes")
        .into_iter()
        .filter(|node| !is_deleted(node))
        .map(|object| Node { object, pods: 0, used: Need::default() })
        .collect();
    for pod in pods.iter().filter(|pod| is_active(pod) || is_deleted(pod)) {
        let on = nodes.iter_mut().find(|node| pod["spec"]["nodeName"] == name(&node.object));
        if let Some(node) = on {
            node.pods += 1;
            node.used = node.used.and(need(pod));
        }
    }
    nodes
}

/// The sum of the containers' requests; a limit without a request is one.
fn need(pod: &Object) -> Need {
    let of = |container: &Value, resource: &str| {
        let resources = &container["resources"];
        milli(resources["requests"].get(resource).unwrap_or(&resources["limits"][resource]))
    };
    let containers = items(&pod["spec"]["containers"]).iter();
    containers.fold(Need::default(), |sum, container| {
        sum.and(Need { cpu: of(container, "cpu"), memory: of(container, "memory") })
    })
}

fn bind(controllers: &mut Controllers, pod: &Object, node: &Object) {
    let now = controllers.now();
    controllers.update("pods", pod, |pod| {
        set(pod, &["spec", "nodeName"], name(node).into());
        set(pod, &["status", "phase"], "Pending".into());
        set(pod, &["status", "conditions"], json!([{ "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now }]));
    });
    let place = format!("{}/{}", text(&pod["metadata"]["namespace"]), name(pod));
    let message = format!("Successfully assigned {place} to {}", name(node));
    controllers.normal(pod, COMPONENT, ("Scheduled", &message));
}

fn no_room(reasons: &BTreeMap<&str, usize>) -> String {
    let nodes: usize = reasons.values().sum();
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let reasons: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    format!(
        "0/{nodes} nodes are available: {}. preemption: 0/{nodes} nodes are available: {nodes} No preemption victims \
         found for incoming pod.",
        reasons.join(", ")
    )
}

fn explain(controllers: &mut Controllers, pod: &Object, message: &str) {
    if condition(pod, "PodScheduled").is_some_and(|told| told["message"] == message) {
        return;
    }
    let now = controllers.now();
    controllers.update("pods", pod, |pod| {
        set(pod, &["status", "phase"], "Pending".into());
        set(
            pod,
            &["status", "conditions"],
            json!([{
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
                "lastProbeTime": null, "lastTransitionTime": now,
            }]),
        );
    });
    controllers.warn(pod, COMPONENT, ("FailedScheduling", message));
}
