//! `Deployment`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/>

use serde_json::{Map, Value, json};

use super::cell::{Cell, Column, Moment, age, containers, count, name, selector, text, wide};
use super::pod_template::{TEMPLATE, default_spec, object_at, template_spec, validate_workload};
use super::shape::{CONDITIONS, SELECTOR, Type};
use super::{Definition, NAMESPACED, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "apps",
    kind: "Deployment",
    plural: "deployments",
    singular: "deployment",
    short_names: &["deploy"],
    categories: &["all"],
    subresources: &[Subresource::Scale, Subresource::Status],
    shape: Some(&[("spec", Type::Object(SPEC)), ("status", Type::Object(STATUS))]),
    default,
    validate: validate_workload,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const SPEC: super::Shape = &[
    ("minReadySeconds", Type::Any),
    ("paused", Type::Any),
    ("progressDeadlineSeconds", Type::Any),
    ("replicas", Type::Any),
    ("revisionHistoryLimit", Type::Any),
    ("selector", SELECTOR),
    (
        "strategy",
        Type::Object(&[
            ("rollingUpdate", Type::Object(&[("maxSurge", Type::Any), ("maxUnavailable", Type::Any)])),
            ("type", Type::Any),
        ]),
    ),
    ("template", Type::Object(TEMPLATE)),
];

const STATUS: super::Shape = &[
    ("availableReplicas", Type::Any),
    ("collisionCount", Type::Any),
    ("conditions", CONDITIONS),
    ("observedGeneration", Type::Any),
    ("readyReplicas", Type::Any),
    ("replicas", Type::Any),
    ("terminatingReplicas", Type::Any),
    ("unavailableReplicas", Type::Any),
    ("updatedReplicas", Type::Any),
];

const COLUMNS: &[Column] = &[
    text("Name"),
    text("Ready"),
    text("Up-to-date"),
    text("Available"),
    text("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

fn default(object: &mut Object, _: Option<&Object>) {
    if let Some(spec) = object_at(object, "spec") {
        for (field, value) in
            [("replicas", 1), ("revisionHistoryLimit", 10), ("progressDeadlineSeconds", 600)]
        {
            spec.entry(field).or_insert_with(|| value.into());
        }
        default_strategy(spec);
        if let Some(template) = template_spec(spec) {
            default_spec(template);
        }
    }
    object_at(object, "status");
}

fn default_strategy(spec: &mut Map<String, Value>) {
    let Some(strategy) = spec.entry("strategy").or_insert_with(|| json!({})).as_object_mut() else { return };
    let kind = strategy.entry("type").or_insert_with(|| "RollingUpdate".into());
    if kind != "RollingUpdate" {
        return;
    }
    if let Some(rolling) = strategy.entry("rollingUpdate").or_insert_with(|| json!({})).as_object_mut() {
        rolling.entry("maxUnavailable").or_insert_with(|| "25%".into());
        rolling.entry("maxSurge").or_insert_with(|| "25%".into());
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let [containers, images] = containers(&spec["template"]);
    vec![
        name(object),
        format!("{}/{}", count(&status["readyReplicas"]), count(&spec["replicas"])).into(),
        count(&status["updatedReplicas"]),
        count(&status["availableReplicas"]),
        age(object, now),
        containers,
        images,
        selector(&spec["selector"]),
    ]
}
