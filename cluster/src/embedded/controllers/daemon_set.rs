//! `DaemonSet`s: one Pod on each node that the template's `nodeSelector` takes.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/>
//!
//! A changed template replaces one Pod after the other. **Differs from Kubernetes:** taints, affinity
//! and `maxSurge` are not looked at, and there are no `ControllerRevision`s.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Controllers;
use super::node::fnv;
use super::object::{controller, is_deleted, name, namespace, number, owned_by, set, text, uid};
use super::replica_set::{available_in, is_active, is_ready};
use super::selector::selects_exactly;
use crate::embedded::store::Object;

const COMPONENT: &str = "daemonset-controller";
const HASH: &str = "controller-revision-hash";

/// Puts the Pods of every `DaemonSet` on the nodes.
pub fn reconcile(controllers: &mut Controllers) {
    for daemon in controllers.list("daemonsets") {
        if !is_deleted(&daemon) {
            place(controllers, &daemon);
            replace(controllers, &daemon);
        }
        write_status(controllers, &daemon);
    }
}

/// A Pod on every node, and none elsewhere or twice.
fn place(controllers: &mut Controllers, daemon: &Object) {
    let (nodes, mut pods) = (nodes(controllers, daemon), pods(controllers, daemon));
    for node in &nodes {
        let on_it: Vec<Arc<Object>> =
            pods.extract_if(.., |pod| pod["spec"]["nodeName"] == node.as_str()).collect();
        if on_it.is_empty()
            && let Some(pod) = controllers.create("pods", new_pod(daemon, node))
        {
            let message = format!("Created pod: {}", name(&pod));
            controllers.normal(daemon, COMPONENT, ("SuccessfulCreate", &message));
        }
        for surplus in on_it.iter().skip(1) {
            remove(controllers, daemon, surplus);
        }
    }
    for pod in pods {
        remove(controllers, daemon, &pod);
    }
}

/// One Pod of an older template at a time goes; its successor has to be ready before the next one does.
fn replace(controllers: &mut Controllers, daemon: &Object) {
    if daemon["spec"]["updateStrategy"]["type"] == "OnDelete" {
        return;
    }
    let wanted = hash(daemon);
    let pods = pods(controllers, daemon);
    let is_old = |pod: &&Arc<Object>| pod["metadata"]["labels"][HASH] != wanted.as_str();
    let (old, unready): (Vec<_>, usize) =
        (pods.iter().filter(is_old).collect(), pods.iter().filter(|pod| !is_ready(pod)).count());
    // One that is not ready is missed by nobody.
    let victim = old.iter().find(|pod| !is_ready(pod)).or_else(|| old.first().filter(|_| unready == 0));
    if let Some(pod) = victim {
        remove(controllers, daemon, pod);
    }
}

fn nodes(controllers: &Controllers, daemon: &Object) -> Vec<String> {
    let selector = &daemon["spec"]["template"]["spec"]["nodeSelector"];
    let takes = |node: &Arc<Object>| {
        selector.as_object().is_none_or(serde_json::Map::is_empty)
            || selects_exactly(selector, &node["metadata"]["labels"])
    };
    let nodes = controllers.list("nodes").into_iter().filter(|node| !is_deleted(node) && takes(node));
    nodes.map(|node| name(&node).to_owned()).collect()
}

fn pods(controllers: &Controllers, daemon: &Object) -> Vec<Arc<Object>> {
    let pods = controllers.store.list("pods", Some(namespace(daemon))).0;
    pods.into_iter().filter(|pod| controller(pod) == Some(uid(daemon)) && is_active(pod)).collect()
}

fn remove(controllers: &mut Controllers, daemon: &Object, pod: &Object) {
    controllers.delete("pods", pod);
    let message = format!("Deleted pod: {}", name(pod));
    controllers.normal(daemon, COMPONENT, ("SuccessfulDelete", &message));
}

fn new_pod(daemon: &Object, node: &str) -> Object {
    let template = &daemon["spec"]["template"];
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": format!("{}-", name(daemon)),
            "namespace": namespace(daemon),
            "labels": template["metadata"]["labels"],
            "ownerReferences": [owned_by(daemon)],
        },
        "spec": template["spec"],
        "status": { "phase": "Pending" },
    });
    if template["metadata"]["annotations"].is_object() {
        pod["metadata"]["annotations"] = template["metadata"]["annotations"].clone();
    }
    set(&mut pod, &["metadata", "labels", HASH], hash(daemon).into());
    set(&mut pod, &["spec", "nodeName"], node.into());
    pod
}

/// Changes when the template does.
fn hash(daemon: &Object) -> String {
    format!("{:08x}", fnv(daemon["spec"]["template"].to_string().as_bytes()))
}

fn write_status(controllers: &mut Controllers, daemon: &Object) {
    let (nodes, pods) = (nodes(controllers, daemon), pods(controllers, daemon));
    let now = controllers.clock.now();
    let seconds = number(&daemon["spec"]["minReadySeconds"], 0);
    let count = |good: &dyn Fn(&Object) -> bool| pods.iter().filter(|pod| good(pod)).count();
    let wanted = hash(daemon);
    let available = count(&|pod| available_in(pod, seconds, now).is_some_and(|wait| wait.is_zero()));
    let waits = pods.iter().filter_map(|pod| available_in(pod, seconds, now)).filter(|wait| !wait.is_zero());
    let next = waits.min();
    let mut status = json!({
        "currentNumberScheduled": pods.len(),
        "desiredNumberScheduled": nodes.len(),
        "numberMisscheduled": 0,
        "numberReady": count(&is_ready),
        "updatedNumberScheduled": count(&|pod| text(&pod["metadata"]["labels"][HASH]) == wanted),
        "observedGeneration": daemon["metadata"]["generation"],
    });
    for (field, number) in
        [("numberAvailable", available), ("numberUnavailable", nodes.len().saturating_sub(available))]
    {
        if number > 0 {
            status[field] = Value::from(number);
        }
    }
    if let Some(next) = next {
        controllers.wake_in(next);
    }
    controllers.set_status("daemonsets", daemon, status);
}
