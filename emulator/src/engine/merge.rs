//! JSON: merge patches (RFC 7396) and paths of property names.

use serde_json::{Map, Value};

/// Merges `patch` into `target`: objects merge, `null` removes, everything else replaces.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    let Some(target) = object(target) else { return };
    for (key, change) in changes {
        if change.is_null() {
            target.shift_remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// A value that is to be kept, without the room to grow that objects and arrays are made with: there are thousands.
pub fn compact(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut exact = Map::with_capacity(map.len());
            exact.extend(map.into_iter().map(|(name, value)| (name, compact(value))));
            Value::Object(exact)
        }
        Value::Array(values) => {
            let values: Box<[Value]> = values.into_iter().map(compact).collect();
            Value::Array(values.into_vec())
        }
        other => other,
    }
}

/// `value` as an object; what is none becomes an empty one. Never `None`.
pub fn object(value: &mut Value) -> Option<&mut Map<String, Value>> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// Sets the value at a path of property names.
pub fn set(value: &mut Value, path: &[&str], to: impl Into<Value>) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut at = value;
    for name in parents {
        let Some(map) = object(at) else { return };
        at = map.entry(*name).or_insert(Value::Null);
    }
    if let Some(map) = object(at) {
        map.insert((*last).to_owned(), to.into());
    }
}

/// Removes the property at a path of property names and hands it out.
pub fn take(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let mut at = value;
    for name in parents {
        at = at.get_mut(name)?;
    }
    at.as_object_mut()?.shift_remove(*last)
}

/// The value at a path of property names.
pub fn property<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The text at a path of property names; empty text counts as none.
pub fn text<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    property(value, path).as_str().filter(|text| !text.is_empty())
}

/// The list at a path of property names; nothing counts as an empty one.
pub fn array<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    property(value, path).as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Sets a property that is missing, `null` or empty text.
pub fn set_default(value: &mut Value, path: &[&str], default: impl Into<Value>) {
    let present = property(value, path);
    if present.is_null() || present.as_str() == Some("") {
        set(value, path, default);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_merge_as_rfc_7396_says() {
        for (target, patch, expected) in [
            (json!({"a": 1, "b": {"c": 2}}), json!({"b": {"d": 3}}), json!({"a": 1, "b": {"c": 2, "d": 3}})),
            (json!({"a": 1, "b": 2}), json!({"a": null}), json!({"b": 2})),
            (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
            (json!({"a": 1}), json!({"a": {"b": {"c": null}}}), json!({"a": {"b": {}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, expected, "{target} + {patch}");
        }
    }

    #[test]
    fn defaults_fill_only_what_is_empty() {
        let mut value = json!({"a": "", "b": false});
        set_default(&mut value, &["a"], "x");
        set_default(&mut value, &["b"], true);
        set_default(&mut value, &["c", "d"], 1);
        assert_eq!(value, json!({"a": "x", "b": false, "c": {"d": 1}}));
    }
}
