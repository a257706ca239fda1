//! Reading Kubernetes objects.

use serde_json::{Value, json};

use crate::embedded::store::Object;

/// No count or number of seconds is larger.
const LARGEST: u64 = 1 << 40;

/// `metadata.name`
pub fn name(object: &Object) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// `metadata.namespace`, empty for cluster-scoped objects.
pub fn namespace(object: &Object) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

/// `metadata.uid`
pub fn uid(object: &Object) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

/// An annotation.
pub fn annotation<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object["metadata"]["annotations"].get(name).and_then(Value::as_str)
}

/// The object waits for its deletion.
pub fn is_deleted(object: &Object) -> bool {
    object["metadata"].get("deletionTimestamp").is_some()
}

/// The uid of the controller that owns the object.
pub fn controller(object: &Object) -> Option<&str> {
    let owners = object["metadata"]["ownerReferences"].as_array()?;
    owners.iter().find(|owner| owner["controller"] == true).and_then(|owner| owner["uid"].as_str())
}

/// The reference of what `owner` makes and controls.
pub fn owned_by(owner: &Object) -> Value {
    json!({
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name(owner),
        "uid": uid(owner),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A text field, or an empty text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A list field, or an empty list.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A number that is not negative and not absurd, or `default`.
pub fn number(value: &Value, default: u64) -> u64 {
    value.as_u64().map_or(default, |number| number.min(LARGEST))
}

/// A condition of `status.conditions`.
pub fn condition<'a>(object: &'a Object, kind: &str) -> Option<&'a Value> {
    items(&object["status"]["conditions"]).iter().find(|condition| condition["type"] == kind)
}

/// `True` or `False`.
pub const fn truth(holds: bool) -> &'static str {
    if holds { "True" } else { "False" }
}

/// Writes a field unless its value is zero, as Kubernetes leaves zeros out of counts.
pub fn set_count(object: &mut Value, field: &str, count: u64) {
    if count > 0 {
        object[field] = count.into();
    }
}

/// Sets a field; what stands in its way and is no object is replaced.
pub fn set(object: &mut Value, path: &[&str], value: Value) {
    let mut place = object;
    for field in path {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[*field];
    }
    *place = value;
}

/// A list field that is there.
pub fn list_mut<'a>(object: &'a mut Value, pointer: &str) -> Option<&'a mut Vec<Value>> {
    object.pointer_mut(pointer)?.as_array_mut()
}
