//! `Namespace`: <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/>

use serde_json::json;

use super::cell::{Cell, Column, Moment, age, name, text};
use super::pod_template::object_at;
use super::shape::{CONDITIONS, Type};
use super::{CLUSTER_SCOPED, Definition, NameRule, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    subresources: &[Subresource::Status],
    name: NameRule::Label,
    shape: Some(&[
        ("spec", Type::Object(&[("finalizers", Type::Atomic)])),
        ("status", Type::Object(&[("conditions", CONDITIONS), ("phase", Type::Any)])),
    ]),
    selectable: &["status.phase"],
    default,
    columns: COLUMNS,
    cells,
    ..CLUSTER_SCOPED
};

const COLUMNS: &[Column] = &[text("Name"), text("Status"), text("Age")];

fn default(object: &mut Object, old: Option<&Object>) {
    let name = object["metadata"]["name"].clone();
    if let Some(labels) = object.get_mut("metadata").and_then(|metadata| object_at(metadata, "labels")) {
        labels.insert("kubernetes.io/metadata.name".into(), name);
    }
    if let Some(spec) = object_at(object, "spec")
        && old.is_none()
    {
        spec.entry("finalizers").or_insert_with(|| json!(["kubernetes"]));
    }
    if let Some(status) = object_at(object, "status") {
        status.entry("phase").or_insert_with(|| "Active".into());
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), object["status"]["phase"].clone(), age(object, now)]
}
