//! `Secret`: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cell::{Cell, Column, Moment, age, name, text};
use super::shape::Type;
use super::{Definition, NAMESPACED, Problems};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "Secret",
    plural: "secrets",
    singular: "secret",
    shape: Some(&[
        ("data", Type::Any),
        ("immutable", Type::Any),
        ("stringData", Type::Any),
        ("type", Type::Any),
    ]),
    selectable: &["type"],
    default,
    validate,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Type"), text("Data"), text("Age")];

fn default(object: &mut Object, _: Option<&Object>) {
    let Some(secret) = object.as_object_mut() else { return };
    if let Some(Value::Object(plain)) = secret.shift_remove("stringData")
        && let Some(data) = secret.entry("data").or_insert_with(|| json!({})).as_object_mut()
    {
        for (key, value) in plain {
            data.insert(key, STANDARD.encode(value.as_str().unwrap_or_default()).into());
        }
    }
    secret.entry("type").or_insert_with(|| "Opaque".into());
}

fn validate(object: &Object, old: Option<&Object>, problems: &mut Problems) {
    for (key, value) in object["data"].as_object().into_iter().flatten() {
        if value.as_str().is_none_or(|text| STANDARD.decode(text).is_err()) {
            problems.invalid(format!("data[{key}]"), &json!("<hidden>"), "must be base64");
        }
    }
    if old.is_some_and(|old| old["type"] != object["type"]) {
        problems.invalid("type", &object["type"], "field is immutable");
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let entries = object["data"].as_object().map_or(0, serde_json::Map::len);
    vec![name(object), object["type"].clone(), entries.into(), age(object, now)]
}
