//! `Pod`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>

use serde_json::{Value, json};

use super::cell::{Cell, Column, Moment, NONE, age, items, name, or_none, since, text, wide};
use super::pod_template::{SPEC, default_spec, object_at, validate_spec};
use super::shape::{CONDITIONS, Type};
use super::{Definition, NAMESPACED, Problems, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "Pod",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    categories: &["all"],
    subresources: &[
        Subresource::Attach,
        Subresource::Exec,
        Subresource::Log,
        Subresource::PortForward,
        Subresource::Status,
    ],
    shape: Some(&[("spec", Type::Object(SPEC)), ("status", Type::Object(STATUS))]),
    selectable: &[
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ],
    default,
    validate,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const STATUS: super::Shape = &[
    ("conditions", CONDITIONS),
    ("containerStatuses", Type::Any),
    ("ephemeralContainerStatuses", Type::Any),
    ("hostIP", Type::Any),
    ("hostIPs", Type::Any),
    ("initContainerStatuses", Type::Any),
    ("message", Type::Any),
    ("nominatedNodeName", Type::Any),
    ("observedGeneration", Type::Any),
    ("phase", Type::Any),
    ("podIP", Type::Any),
    ("podIPs", Type::Any),
    ("qosClass", Type::Any),
    ("reason", Type::Any),
    ("resize", Type::Any),
    ("resourceClaimStatuses", Type::Any),
    ("startTime", Type::Any),
];

const COLUMNS: &[Column] = &[
    text("Name"),
    text("Ready"),
    text("Status"),
    text("Restarts"),
    text("Age"),
    wide("IP"),
    wide("Node"),
    wide("Nominated Node"),
    wide("Readiness Gates"),
];

/// What of a Pod's `spec` an update may change.
const MUTABLE: &[&str] = &[
    "activeDeadlineSeconds",
    "containers",
    "initContainers",
    "nodeName",
    "terminationGracePeriodSeconds",
    "tolerations",
];

fn default(object: &mut Object, _: Option<&Object>) {
    if let Some(spec) = object_at(object, "spec") {
        default_spec(spec);
        let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")).cloned();
        let account = account.unwrap_or_else(|| "default".into());
        spec.insert("serviceAccountName".into(), account.clone());
        spec.insert("serviceAccount".into(), account);
        for (field, value) in [
            ("priority", json!(0)),
            ("enableServiceLinks", json!(true)),
            ("preemptionPolicy", json!("PreemptLowerPriority")),
        ] {
            spec.entry(field).or_insert(value);
        }
    }
    let quality = quality_of_service(&object["spec"]);
    if let Some(status) = object_at(object, "status") {
        status.entry("phase").or_insert_with(|| "Pending".into());
        status.entry("qosClass").or_insert_with(|| quality.into());
    }
}

/// <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>
fn quality_of_service(spec: &Value) -> &'static str {
    let containers = items(&spec["containers"]).iter().chain(items(&spec["initContainers"]));
    let (mut any, mut all) = (false, true);
    for container in containers {
        let resources = &container["resources"];
        for quantity in ["cpu", "memory"] {
            let (limit, request) = (&resources["limits"][quantity], &resources["requests"][quantity]);
            any |= !limit.is_null() || !request.is_null();
            all &= !limit.is_null() && (request.is_null() || request == limit);
        }
    }
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn validate(object: &Object, old: Option<&Object>, problems: &mut Problems) {
    validate_spec(&object["spec"], "spec", problems);
    let Some(old) = old else { return };
    let fixed = |object: &Object| {
        let mut spec = object["spec"].clone();
        if let Some(spec) = spec.as_object_mut() {
            spec.retain(|field, _| !MUTABLE.contains(&field.as_str()));
        }
        let shapes = |list: &str| {
            let containers = items(&object["spec"][list]).iter().cloned();
            containers.map(without_image).collect::<Vec<_>>()
        };
        (spec, shapes("containers"), shapes("initContainers"))
    };
    if fixed(object) != fixed(old) {
        let why = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        problems.invalid("spec", &json!("Forbidden"), why);
    }
}

fn without_image(mut container: Value) -> Value {
    if let Some(container) = container.as_object_mut() {
        container.shift_remove("image");
    }
    container
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let status = &object["status"];
    let containers = items(&status["containerStatuses"]);
    let ready = containers.iter().filter(|one| one["ready"] == true).count();
    let total = items(&object["spec"]["containers"]).len();
    let gates = items(&object["spec"]["readinessGates"]).len();
    vec![
        name(object),
        format!("{ready}/{total}").into(),
        state(object).into(),
        restarts(containers, now).into(),
        age(object, now),
        or_none(&status["podIP"]),
        or_none(&object["spec"]["nodeName"]),
        or_none(&status["nominatedNodeName"]),
        if gates == 0 { NONE.into() } else { format!("0/{gates}").into() },
    ]
}

/// The status in one word, as `kubectl get pods` prints it.
fn state(object: &Object) -> String {
    let status = &object["status"];
    let mut state = status["reason"].as_str().or(status["phase"].as_str()).unwrap_or("Unknown").to_owned();
    for (index, container) in items(&status["initContainerStatuses"]).iter().enumerate() {
        let waiting = container["state"]["waiting"]["reason"].as_str();
        let ended = &container["state"]["terminated"];
        if ended["exitCode"] == 0 {
            continue;
        }
        return match waiting.filter(|reason| *reason != "PodInitializing").or(ended["reason"].as_str()) {
            Some(reason) => format!("Init:{reason}"),
            None => format!("Init:{index}/{}", items(&object["spec"]["initContainers"]).len()),
        };
    }
    for container in items(&status["containerStatuses"]).iter().rev() {
        let of = &container["state"];
        if let Some(reason) = of["waiting"]["reason"].as_str().or(of["terminated"]["reason"].as_str()) {
            reason.clone_into(&mut state);
        }
    }
    if object["metadata"].get("deletionTimestamp").is_some() {
        "Terminating".clone_into(&mut state);
    }
    state
}

fn restarts(containers: &[Value], now: Moment) -> String {
    let count: u64 = containers.iter().filter_map(|one| one["restartCount"].as_u64()).sum();
    let last = containers
        .iter()
        .map(|one| &one["lastState"]["terminated"]["finishedAt"])
        .filter(|moment| moment.is_string())
        .max_by(|a, b| a.as_str().cmp(&b.as_str()));
    match last {
        Some(moment) if count > 0 => format!("{count} ({} ago)", since(moment, now)),
        _ => count.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_the_word_that_people_look_for() {
        for (status, word) in [
            (json!({"phase": "Pending"}), "Pending"),
            (
                json!({"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}),
                "ImagePullBackOff",
            ),
            (
                json!({"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]}),
                "Completed",
            ),
        ] {
            assert_eq!(state(&json!({"metadata": {}, "status": status})), word);
        }
        assert_eq!(
            state(&json!({"metadata": {"deletionTimestamp": "x"}, "status": {"phase": "Running"}})),
            "Terminating"
        );
    }
}
