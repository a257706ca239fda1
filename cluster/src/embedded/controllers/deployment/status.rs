//! The status of a Deployment: what `kubectl rollout status` waits for.

use std::time::Duration;

use serde_json::{Value, json};
use sim::Timestamp;

use super::{REVISION, Rollout, annotate, count, revision};
use crate::embedded::controllers::Controllers;
use crate::embedded::controllers::object::{
    condition, controller, is_deleted, name, namespace, number, set_count, text, truth, uid,
};
use crate::embedded::controllers::replica_set::{is_active, is_ready};
use crate::embedded::store::Object;

#[derive(Default, Clone, Copy)]
struct Counts {
    total: u64,
    updated: u64,
    ready: u64,
    available: u64,
}

/// Writes counts, conditions and the revision.
pub fn write(controllers: &mut Controllers, rollout: &Rollout) {
    let deployment = &rollout.deployment;
    let counts = counts(controllers, rollout);
    let mut status = json!({ "observedGeneration": deployment["metadata"]["generation"] });
    set_count(&mut status, "replicas", counts.total);
    set_count(&mut status, "updatedReplicas", counts.updated);
    set_count(&mut status, "readyReplicas", counts.ready);
    set_count(&mut status, "availableReplicas", counts.available);
    set_count(
        &mut status,
        "unavailableReplicas",
        rollout.replicas.max(counts.total).saturating_sub(counts.available),
    );
    let progressing = progressing(controllers, rollout, counts);
    status["conditions"] =
        [Some(available(controllers, rollout, counts)), progressing].into_iter().flatten().collect();
    let revision = rollout.new.as_ref().map(|set| revision(set).to_string());
    controllers.update("deployments", deployment, |deployment| {
        deployment["status"] = status;
        if let Some(revision) = revision.filter(|revision| revision != "0") {
            annotate(deployment, REVISION, &revision);
        }
    });
}

fn counts(controllers: &Controllers, rollout: &Rollout) -> Counts {
    let mut counts = Counts::default();
    let new = rollout.new.as_ref().map(|set| uid(set));
    let sets: Vec<&str> = rollout.old.iter().chain(&rollout.new).map(|set| uid(set)).collect();
    for pod in controllers.store.list("pods", Some(namespace(&rollout.deployment))).0 {
        let Some(owner) = controller(&pod).filter(|owner| sets.contains(owner)) else { continue };
        if !is_active(&pod) || is_deleted(&pod) {
            continue;
        }
        counts.total += 1;
        counts.updated += u64::from(new == Some(owner));
        counts.ready += u64::from(is_ready(&pod));
    }
    counts.available =
        rollout.old.iter().chain(&rollout.new).map(|set| count(controllers, set).available).sum();
    counts
}

fn available(controllers: &Controllers, rollout: &Rollout, counts: Counts) -> Value {
    let enough = counts.available >= rollout.replicas.saturating_sub(rollout.limits().unavailable);
    let (reason, message) = if enough {
        ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    let now = controllers.now();
    renewed(&rollout.deployment, "Available", (truth(enough), reason, message), &now)
}

fn progressing(controllers: &mut Controllers, rollout: &Rollout, counts: Counts) -> Option<Value> {
    let deployment = &rollout.deployment;
    let now = controllers.now();
    let before = condition(deployment, "Progressing");
    if rollout.paused() {
        let paused = ("Unknown", "DeploymentPaused", "Deployment is paused");
        return Some(renewed(deployment, "Progressing", paused, &now));
    }
    let set = name(rollout.new.as_ref()?);
    let complete = counts.updated == rollout.replicas
        && counts.total == counts.updated
        && counts.available == counts.updated;
    if complete {
        let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
        return Some(renewed(deployment, "Progressing", ("True", "NewReplicaSetAvailable", &message), &now));
    }
    let moved = before.is_none() || moved(&deployment["status"], counts) || new_rollout(deployment, before);
    if moved {
        let message = format!("ReplicaSet \"{set}\" is progressing.");
        let mut condition = renewed(deployment, "Progressing", ("True", "ReplicaSetUpdated", &message), &now);
        condition["lastUpdateTime"] = now.into();
        wake_at_deadline(controllers, deployment, Duration::ZERO);
        return Some(condition);
    }
    let since = before.and_then(|before| Timestamp::parse(text(&before["lastUpdateTime"])));
    let waited = since.map_or(Duration::ZERO, |since| controllers.clock.now().since(since));
    let was_complete = before.is_some_and(|before| before["reason"] == "NewReplicaSetAvailable");
    if was_complete || !wake_at_deadline(controllers, deployment, waited) {
        // A Pod that is replaced later is no rollout; only a rollout has a deadline.
        return match before {
            Some(before) if was_complete => Some(before.clone()),
            _ => {
                let message = format!("ReplicaSet \"{set}\" has timed out progressing.");
                Some(renewed(
                    deployment,
                    "Progressing",
                    ("False", "ProgressDeadlineExceeded", &message),
                    &now,
                ))
            }
        };
    }
    before.cloned()
}

/// More Pods are new, ready or available than were, or fewer old ones are left.
fn moved(before: &Value, counts: Counts) -> bool {
    let field = |name: &str| number(&before[name], 0);
    let old = field("replicas").saturating_sub(field("updatedReplicas"));
    counts.updated > field("updatedReplicas")
        || counts.ready > field("readyReplicas")
        || counts.available > field("availableReplicas")
        || counts.total.saturating_sub(counts.updated) < old
}

/// The spec has changed since the last rollout was complete.
fn new_rollout(deployment: &Object, before: Option<&Value>) -> bool {
    let changed = deployment["metadata"]["generation"] != deployment["status"]["observedGeneration"];
    changed || before.is_some_and(|before| before["reason"] == "DeploymentPaused")
}

/// Asks to be woken at the deadline; `false`: it has passed.
fn wake_at_deadline(controllers: &mut Controllers, deployment: &Object, waited: Duration) -> bool {
    let deadline = Duration::from_secs(number(&deployment["spec"]["progressDeadlineSeconds"], 600));
    let left = deadline.saturating_sub(waited);
    if left.is_zero() {
        return false;
    }
    controllers.wake_in(left);
    true
}

/// The condition as it was if it still holds, else a new one.
fn renewed(
    deployment: &Object,
    kind: &str,
    (status, reason, message): (&str, &str, &str),
    now: &str,
) -> Value {
    let before = condition(deployment, kind);
    let same = |before: &&Value| {
        before["status"] == status && before["reason"] == reason && before["message"] == message
    };
    if let Some(before) = before.filter(same) {
        return before.clone();
    }
    let since =
        before.filter(|before| before["status"] == status).map(|before| before["lastTransitionTime"].clone());
    json!({
        "type": kind,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": since.unwrap_or_else(|| now.into()),
        "reason": reason,
        "message": message,
    })
}
