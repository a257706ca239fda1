//! Patches: four ways to say what is to change.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply>

pub mod apply;
mod json_patch;
mod merge;
pub mod ownership;
mod strategic;

pub use json_patch::json_patch;
pub use merge::merge;
pub use strategic::strategic;

use serde_json::Value;

use super::kinds::shape::{METADATA, Shape, Type};

/// The fields of a whole object of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Root(pub Option<Shape>);

impl Root {
    /// What a field at the top of the object holds; `None` if the kind does not have it.
    pub fn field(self, name: &str) -> Option<Type> {
        match (name, self.0) {
            ("apiVersion" | "kind", _) | (_, None) if name != "metadata" => Some(Type::Any),
            ("metadata", _) => Some(Type::Object(METADATA)),
            (_, Some(shape)) => Type::Object(shape).field(name),
            (_, None) => Some(Type::Any),
        }
    }
}

/// The paths of the fields that the kind does not have.
pub fn unknown_fields(object: &Value, root: Root) -> Vec<String> {
    let mut unknown = Vec::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        match root.field(name) {
            None => unknown.push(name.clone()),
            Some(of) => collect_unknown(value, of, name, &mut unknown),
        }
    }
    unknown
}

fn collect_unknown(value: &Value, of: Type, path: &str, unknown: &mut Vec<String>) {
    match (value, of) {
        (Value::Object(fields), Type::Object(_)) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                match of.field(name) {
                    None => unknown.push(path),
                    Some(of) => collect_unknown(value, of, &path, unknown),
                }
            }
        }
        (Value::Array(items), Type::List(shape)) => collect_in_list(items, shape, path, unknown),
        (Value::Array(items), Type::Map(keyed)) => collect_in_list(items, keyed.fields, path, unknown),
        _ => {}
    }
}

fn collect_in_list(items: &[Value], shape: Shape, path: &str, unknown: &mut Vec<String>) {
    for (index, item) in items.iter().enumerate() {
        collect_unknown(item, Type::Object(shape), &format!("{path}[{index}]"), unknown);
    }
}

/// Drops the fields that the kind does not have, as decoding into a typed object does.
pub fn drop_unknown(object: &mut Value, root: Root) {
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|name, _| root.field(name).is_some());
        for (name, value) in fields {
            if let Some(of) = root.field(name) {
                drop_below(value, of);
            }
        }
    }
}

fn drop_below(value: &mut Value, of: Type) {
    match (value, of) {
        (Value::Object(fields), Type::Object(_)) => {
            fields.retain(|name, value| !value.is_null() && of.field(name).is_some());
            for (name, value) in fields {
                if let Some(of) = of.field(name) {
                    drop_below(value, of);
                }
            }
        }
        (Value::Array(items), Type::List(shape)) => {
            for item in items {
                drop_below(item, Type::Object(shape));
            }
        }
        (Value::Array(items), Type::Map(keyed)) => {
            for item in items {
                drop_below(item, Type::Object(keyed.fields));
            }
        }
        _ => {}
    }
}

/// The values that tell an item of a list from the others. A protocol that is not given is TCP.
pub fn item_key(item: &Value, keys: &[&str]) -> Option<Value> {
    let mut key = serde_json::Map::new();
    for name in keys {
        let value = match item.get(name) {
            Some(value) => value.clone(),
            None if *name == "protocol" => "TCP".into(),
            None => return None,
        };
        key.insert((*name).to_owned(), value);
    }
    Some(Value::Object(key))
}

#[cfg(test)]
mod tests;
