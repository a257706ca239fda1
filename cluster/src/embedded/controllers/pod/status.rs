//! The status of a Pod, from what the runtime says about it.
//! <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions>

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::embedded::controllers::node;
use crate::embedded::controllers::object::{condition, is_deleted, items, text, truth, uid};
use crate::embedded::controllers::quantity::milli;
use crate::embedded::store::Object;
use crate::embedded::workloads::{ContainerState, ContainerStatus, PodStatus, Terminated};

/// A Pod's status.
pub fn of(pod: &Object, node: &Object, (address, runs): (Ipv4Addr, &PodStatus), now: &str) -> Value {
    let before = &pod["status"];
    let started = before.get("startTime").cloned().unwrap_or_else(|| now.into());
    let mut status = json!({
        "phase": phase(pod, runs),
        "conditions": conditions(pod, runs, now),
        "podIP": address.to_string(),
        "podIPs": [{ "ip": address.to_string() }],
        "qosClass": quality(pod),
        "startTime": started,
    });
    if let Some(host) = node::address(node) {
        status["hostIP"] = host.to_string().into();
        status["hostIPs"] = json!([{ "ip": host.to_string() }]);
    }
    if !runs.init.is_empty() {
        status["initContainerStatuses"] = runs.init.iter().map(|one| container(pod, one)).collect();
    }
    status["containerStatuses"] = runs.containers.iter().map(|one| container(pod, one)).collect();
    status
}

fn phase(pod: &Object, runs: &PodStatus) -> &'static str {
    let restarts = |code: i32| match text(&pod["spec"]["restartPolicy"]) {
        "Never" => false,
        "OnFailure" => code != 0,
        _ => true,
    };
    let over = |one: &ContainerStatus| {
        one.state
            .terminated()
            .filter(|ended| is_deleted(pod) || !restarts(ended.code))
            .map(|ended| ended.code)
    };
    let failed_init = runs.init.iter().any(|one| over(one).is_some_and(|code| code != 0));
    let ends: Option<Vec<i32>> = runs.containers.iter().map(over).collect();
    match ends {
        _ if failed_init => "Failed",
        Some(ends) if ends.iter().all(|code| *code == 0) => "Succeeded",
        Some(_) => "Failed",
        None if runs.containers.iter().any(never_ran) => "Pending",
        None => "Running",
    }
}

fn never_ran(one: &ContainerStatus) -> bool {
    matches!(one.state, ContainerState::Waiting { .. }) && one.last.is_none()
}

fn conditions(pod: &Object, runs: &PodStatus, now: &str) -> Value {
    let over = matches!(phase(pod, runs), "Succeeded" | "Failed");
    let unready: Vec<&str> =
        runs.containers.iter().filter(|one| !one.ready).map(|one| one.name.as_str()).collect();
    let initialized = runs.init.iter().all(|one| one.state.terminated().is_some_and(|ended| ended.code == 0));
    let ready = unready.is_empty();
    let unready = match (over, phase(pod, runs)) {
        (true, "Succeeded") => ("PodCompleted", String::new()),
        (true, _) => ("PodFailed", String::new()),
        _ => ("ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" "))),
    };
    let unready = (unready.0, unready.1.as_str());
    let running = !over;
    json!([
        one(pod, "PodReadyToStartContainers", (running, ("", "")), now),
        one(pod, "Initialized", (initialized, ("ContainersNotInitialized", "")), now),
        one(pod, "Ready", (ready, unready), now),
        one(pod, "ContainersReady", (ready, unready), now),
        one(pod, "PodScheduled", (true, ("", "")), now),
    ])
}

/// A condition; the time of its last transition stays if its status does.
fn one(pod: &Object, kind: &str, (holds, (reason, message)): (bool, (&str, &str)), now: &str) -> Value {
    let before = condition(pod, kind).filter(|before| before["status"] == truth(holds));
    let since = before.map_or_else(|| now.into(), |before| before["lastTransitionTime"].clone());
    let mut condition =
        json!({ "type": kind, "status": truth(holds), "lastProbeTime": null, "lastTransitionTime": since });
    if !holds && !reason.is_empty() {
        condition["reason"] = reason.into();
    }
    if !holds && !message.is_empty() {
        condition["message"] = message.into();
    }
    condition
}

fn container(pod: &Object, one: &ContainerStatus) -> Value {
    let run = one.restarts.to_string();
    let id = sim::Ids::named(&[uid(pod), &one.name, &run]).replace('-', "");
    let exists = !never_ran(one);
    let container_id = if exists { format!("containerd://{id}") } else { String::new() };
    let image_id = if exists { format!("{}@sandbox", one.image) } else { String::new() };
    let last =
        one.last.as_ref().map_or_else(|| json!({}), |ended| json!({ "terminated": terminated(ended) }));
    let state = match &one.state {
        ContainerState::Waiting { reason, message } if message.is_empty() => {
            json!({ "waiting": { "reason": reason } })
        }
        ContainerState::Waiting { reason, message } => {
            json!({ "waiting": { "reason": reason, "message": message } })
        }
        ContainerState::Running { since } => json!({ "running": { "startedAt": since.rfc3339() } }),
        ContainerState::Terminated(ended) => json!({ "terminated": terminated(ended) }),
    };
    json!({
        "name": one.name,
        "image": one.image,
        "imageID": image_id,
        "containerID": container_id,
        "ready": one.ready,
        "started": one.started,
        "restartCount": one.restarts,
        "state": state,
        "lastState": last,
    })
}

fn terminated(ended: &Terminated) -> Value {
    let mut state = json!({
        "exitCode": ended.code,
        "reason": ended.reason,
        "startedAt": ended.started.rfc3339(),
        "finishedAt": ended.finished.rfc3339(),
    });
    if !ended.message.is_empty() {
        state["message"] = ended.message.as_str().into();
    }
    state
}

/// The quality of service that the requests and limits amount to.
fn quality(pod: &Object) -> &'static str {
    let containers = items(&pod["spec"]["containers"]);
    let of = |container: &Value, list: &str, resource: &str| milli(&container["resources"][list][resource]);
    let resources = ["cpu", "memory"];
    let lists = ["requests", "limits"];
    let any = containers
        .iter()
        .any(|one| lists.iter().any(|list| resources.iter().any(|name| of(one, list, name) > 0)));
    let guaranteed = containers.iter().all(|one| {
        resources.iter().all(|name| {
            let (request, limit) = (of(one, "requests", name), of(one, "limits", name));
            limit > 0 && (request == limit || request == 0)
        })
    });
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
