//! `ConfigMap`: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/>

use serde_json::Value;

use super::cell::{Cell, Column, Moment, age, name, text};
use super::shape::Type;
use super::{Definition, NAMESPACED, Problems};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "ConfigMap",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    shape: Some(&[("binaryData", Type::Any), ("data", Type::Any), ("immutable", Type::Any)]),
    validate,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Data"), text("Age")];

fn validate(object: &Object, old: Option<&Object>, problems: &mut Problems) {
    for (key, value) in object["data"].as_object().into_iter().flatten() {
        if !value.is_string() {
            problems.invalid(format!("data[{key}]"), value, "must be a string");
        }
    }
    if let Some(old) = old
        && old["immutable"] == true
        && (old["data"] != object["data"] || old["binaryData"] != object["binaryData"])
    {
        problems.invalid("data", &object["data"], "field is immutable when `immutable` is set");
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let entries = |field: &str| object[field].as_object().map_or(0, serde_json::Map::len);
    vec![name(object), Value::from(entries("data") + entries("binaryData")), age(object, now)]
}
