//! `DaemonSet`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/>

use serde_json::{Map, Value, json};

use super::cell::{Cell, Column, Moment, age, containers, count, name, number, selector, text, wide};
use super::pod_template::{TEMPLATE, default_spec, object_at, template_spec, validate_workload};
use super::shape::{CONDITIONS, SELECTOR, Type};
use super::{Definition, NAMESPACED, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "apps",
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    categories: &["all"],
    subresources: &[Subresource::Status],
    shape: Some(&[("spec", Type::Object(SPEC)), ("status", Type::Object(STATUS))]),
    default,
    validate: validate_workload,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const SPEC: super::Shape = &[
    ("minReadySeconds", Type::Any),
    ("revisionHistoryLimit", Type::Any),
    ("selector", SELECTOR),
    ("template", Type::Object(TEMPLATE)),
    (
        "updateStrategy",
        Type::Object(&[
            ("rollingUpdate", Type::Object(&[("maxSurge", Type::Any), ("maxUnavailable", Type::Any)])),
            ("type", Type::Any),
        ]),
    ),
];

const STATUS: super::Shape = &[
    ("collisionCount", Type::Any),
    ("conditions", CONDITIONS),
    ("currentNumberScheduled", Type::Any),
    ("desiredNumberScheduled", Type::Any),
    ("numberAvailable", Type::Any),
    ("numberMisscheduled", Type::Any),
    ("numberReady", Type::Any),
    ("numberUnavailable", Type::Any),
    ("observedGeneration", Type::Any),
    ("updatedNumberScheduled", Type::Any),
];

const COLUMNS: &[Column] = &[
    text("Name"),
    number("Desired"),
    number("Current"),
    number("Ready"),
    number("Up-to-date"),
    number("Available"),
    text("Node Selector"),
    text("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

fn default(object: &mut Object, _: Option<&Object>) {
    if let Some(spec) = object_at(object, "spec") {
        spec.entry("revisionHistoryLimit").or_insert_with(|| 10.into());
        default_strategy(spec);
        if let Some(template) = template_spec(spec) {
            default_spec(template);
        }
    }
    if let Some(status) = object_at(object, "status") {
        for field in ["currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"]
        {
            status.entry(field).or_insert_with(|| 0.into());
        }
    }
}

fn default_strategy(spec: &mut Map<String, Value>) {
    let strategy = spec.entry("updateStrategy").or_insert_with(|| json!({}));
    let Some(strategy) = strategy.as_object_mut() else { return };
    if strategy.entry("type").or_insert_with(|| "RollingUpdate".into()) != "RollingUpdate" {
        return;
    }
    if let Some(rolling) = strategy.entry("rollingUpdate").or_insert_with(|| json!({})).as_object_mut() {
        rolling.entry("maxUnavailable").or_insert_with(|| 1.into());
        rolling.entry("maxSurge").or_insert_with(|| 0.into());
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let [containers, images] = containers(&spec["template"]);
    vec![
        name(object),
        count(&status["desiredNumberScheduled"]),
        count(&status["currentNumberScheduled"]),
        count(&status["numberReady"]),
        count(&status["updatedNumberScheduled"]),
        count(&status["numberAvailable"]),
        selector(&json!({ "matchLabels": spec["template"]["spec"]["nodeSelector"] })),
        age(object, now),
        containers,
        images,
        selector(&spec["selector"]),
    ]
}
