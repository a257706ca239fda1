//! `ReplicaSet`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/>

use super::cell::{Cell, Column, Moment, age, containers, count, name, number, selector, text, wide};
use super::pod_template::{TEMPLATE, default_spec, object_at, template_spec, validate_workload};
use super::shape::{CONDITIONS, SELECTOR, Type};
use super::{Definition, NAMESPACED, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "apps",
    kind: "ReplicaSet",
    plural: "replicasets",
    singular: "replicaset",
    short_names: &["rs"],
    categories: &["all"],
    subresources: &[Subresource::Scale, Subresource::Status],
    shape: Some(&[
        (
            "spec",
            Type::Object(&[
                ("minReadySeconds", Type::Any),
                ("replicas", Type::Any),
                ("selector", SELECTOR),
                ("template", Type::Object(TEMPLATE)),
            ]),
        ),
        (
            "status",
            Type::Object(&[
                ("availableReplicas", Type::Any),
                ("conditions", CONDITIONS),
                ("fullyLabeledReplicas", Type::Any),
                ("observedGeneration", Type::Any),
                ("readyReplicas", Type::Any),
                ("replicas", Type::Any),
                ("terminatingReplicas", Type::Any),
            ]),
        ),
    ]),
    selectable: &["status.replicas"],
    default,
    validate: validate_workload,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[
    text("Name"),
    number("Desired"),
    number("Current"),
    number("Ready"),
    text("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

fn default(object: &mut Object, _: Option<&Object>) {
    if let Some(spec) = object_at(object, "spec") {
        spec.entry("replicas").or_insert_with(|| 1.into());
        if let Some(template) = template_spec(spec) {
            default_spec(template);
        }
    }
    if let Some(status) = object_at(object, "status") {
        status.entry("replicas").or_insert_with(|| 0.into());
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let [containers, images] = containers(&spec["template"]);
    vec![
        name(object),
        count(&spec["replicas"]),
        count(&status["replicas"]),
        count(&status["readyReplicas"]),
        age(object, now),
        containers,
        images,
        selector(&spec["selector"]),
    ]
}
