//! ReplicaSets: keep the wanted number of Pods.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/>

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sim::Timestamp;

use super::Controllers;
use super::object::set as write;
use super::object::{
    condition, controller, is_deleted, list_mut, name, namespace, number, owned_by, set_count, text, uid,
};
use super::selector::selects;
use crate::embedded::store::Object;

const COMPONENT: &str = "replicaset-controller";
/// How many Pods are made or deleted in one go.
const BURST: usize = 500;
/// How many Pods there are at most.
const PODS: usize = 2_000;

/// Creates and deletes Pods until every ReplicaSet has what it wants.
pub fn reconcile(controllers: &mut Controllers) {
    for set in controllers.list("replicasets") {
        let pods = claim(controllers, &set);
        if !is_deleted(&set) {
            scale(controllers, &set, &pods);
        }
        // The count is of what is there now, so that nobody acts on an old one.
        write_status(controllers, &set);
    }
}

/// The Pod counts: it is not being deleted and has not ended.
pub fn is_active(pod: &Object) -> bool {
    !is_deleted(pod) && !matches!(text(&pod["status"]["phase"]), "Succeeded" | "Failed")
}

/// The Pod is ready.
pub fn is_ready(pod: &Object) -> bool {
    condition(pod, "Ready").is_some_and(|ready| ready["status"] == "True")
}

/// How long until a ready Pod has been ready for so many seconds; zero if it has.
pub fn available_in(pod: &Object, seconds: u64, now: Timestamp) -> Option<Duration> {
    let since = condition(pod, "Ready").filter(|ready| ready["status"] == "True")?;
    let since = Timestamp::parse(text(&since["lastTransitionTime"]));
    let ready_for = since.map_or(Duration::ZERO, |since| now.since(since));
    Some(Duration::from_secs(seconds).saturating_sub(ready_for))
}

/// The active Pods of a ReplicaSet; Pods without a controller are adopted, those that no longer match are released.
fn claim(controllers: &Controllers, set: &Object) -> Vec<Arc<Object>> {
    let mut claimed = Vec::new();
    for pod in controllers.store.list("pods", Some(namespace(set))).0 {
        let matches = selects(&set["spec"]["selector"], &pod["metadata"]["labels"]);
        match controller(&pod) {
            Some(owner) if owner == uid(set) && matches => claimed.push(pod),
            Some(owner) if owner == uid(set) => controllers.update("pods", &pod, |pod| {
                if let Some(owners) = list_mut(pod, "/metadata/ownerReferences") {
                    owners.retain(|one| one["uid"] != uid(set));
                }
            }),
            None if matches && is_active(&pod) && !is_deleted(set) => {
                controllers.update("pods", &pod, |pod| adopt(pod, owned_by(set)));
                claimed.push(pod);
            }
            _ => {}
        }
    }
    claimed.retain(|pod| is_active(pod));
    claimed
}

fn adopt(pod: &mut Object, owner: Value) {
    match list_mut(pod, "/metadata/ownerReferences") {
        Some(owners) => owners.push(owner),
        None => write(pod, &["metadata", "ownerReferences"], json!([owner])),
    }
}

fn scale(controllers: &mut Controllers, set: &Object, pods: &[Arc<Object>]) {
    let wanted = usize::try_from(number(&set["spec"]["replicas"], 1)).unwrap_or(usize::MAX);
    let missing = wanted.saturating_sub(pods.len()).min(BURST);
    let all = if missing > 0 { controllers.list("pods").len() } else { 0 };
    for made in 0..missing {
        if all + made >= PODS {
            let message = format!("Error creating: pods is forbidden: the sandbox keeps at most {PODS} Pods");
            return controllers.warn_once(set, COMPONENT, ("FailedCreate", &message));
        }
        let Some(pod) = controllers.create("pods", new_pod(set)) else { return };
        let message = format!("Created pod: {}", name(&pod));
        controllers.normal(set, COMPONENT, ("SuccessfulCreate", &message));
    }
    if pods.len() <= wanted {
        return;
    }
    let mut victims: Vec<&Arc<Object>> = pods.iter().collect();
    victims.sort_by_cached_key(|pod| worth(pod));
    for pod in victims.into_iter().take((pods.len() - wanted).min(BURST)) {
        controllers.delete("pods", pod);
        let message = format!("Deleted pod: {}", name(pod));
        controllers.normal(set, COMPONENT, ("SuccessfulDelete", &message));
    }
}

/// Pods that go first sort first: not scheduled, not ready, new.
fn worth(pod: &Object) -> (bool, bool, Reverse<String>, Reverse<String>) {
    let scheduled = !text(&pod["spec"]["nodeName"]).is_empty();
    let created = text(&pod["metadata"]["creationTimestamp"]).to_owned();
    (scheduled, is_ready(pod), Reverse(created), Reverse(name(pod).to_owned()))
}

fn new_pod(set: &Object) -> Object {
    let template = &set["spec"]["template"];
    let mut metadata = json!({
        "generateName": format!("{}-", name(set)),
        "namespace": namespace(set),
        "labels": template["metadata"]["labels"],
    });
    if template["metadata"]["annotations"].is_object() {
        metadata["annotations"] = template["metadata"]["annotations"].clone();
    }
    metadata["ownerReferences"] = json!([owned_by(set)]);
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": template["spec"],
        "status": { "phase": "Pending" },
    })
}

fn write_status(controllers: &mut Controllers, set: &Object) {
    let pods = controllers.store.list("pods", Some(namespace(set))).0;
    let own: Vec<_> =
        pods.into_iter().filter(|pod| controller(pod) == Some(uid(set)) && is_active(pod)).collect();
    let now = controllers.clock.now();
    let seconds = number(&set["spec"]["minReadySeconds"], 0);
    let waits: Vec<Duration> = own.iter().filter_map(|pod| available_in(pod, seconds, now)).collect();
    if let Some(next) = waits.iter().filter(|wait| !wait.is_zero()).min() {
        controllers.wake_in(*next);
    }
    let template_labels = json!({ "matchLabels": set["spec"]["template"]["metadata"]["labels"] });
    let labelled = own.iter().filter(|pod| selects(&template_labels, &pod["metadata"]["labels"])).count();
    let mut status = json!({ "replicas": own.len() });
    set_count(&mut status, "fullyLabeledReplicas", labelled as u64);
    set_count(&mut status, "readyReplicas", waits.len() as u64);
    set_count(&mut status, "availableReplicas", waits.iter().filter(|wait| wait.is_zero()).count() as u64);
    status["observedGeneration"] = set["metadata"]["generation"].clone();
    controllers.set_status("replicasets", set, status);
}
