//! Who manages which fields: `metadata.managedFields` and sets of fields in the form `FieldsV1`.
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>
//!
//! **Differs from Kubernetes:** maps and structs are not owned themselves (no `.` entries outside of list items), so
//! an empty map has no owner; defaults are owned by whoever created the object, as there; controllers of the sandbox
//! own nothing.

use serde_json::{Map, Value, json};

use super::{Root, item_key};
use crate::embedded::kinds::shape::Type;
use crate::embedded::store::Object;

/// How many managers an object remembers before the oldest updates are merged.
const MOST_UPDATERS: usize = 10;

/// Who changes an object, and how.
#[derive(Debug, Clone)]
pub struct Manager<'a> {
    /// The manager's name.
    pub name: &'a str,
    /// `Update` or `Apply`.
    pub operation: &'static str,
    /// `status`, `scale`, or empty.
    pub subresource: &'static str,
    /// Now.
    pub time: String,
}

/// The set of all fields that an object or a configuration has, without those that nobody manages.
pub fn fields(object: &Value, root: Root) -> Value {
    let mut set = Map::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        if matches!(name.as_str(), "apiVersion" | "kind") {
            continue;
        }
        let mut of_field = below(value, root.field(name).unwrap_or(Type::Any));
        if name == "metadata"
            && let Some(metadata) = of_field.as_object_mut()
        {
            const SYSTEM: &[&str] = &[
                "f:name",
                "f:namespace",
                "f:uid",
                "f:resourceVersion",
                "f:generation",
                "f:creationTimestamp",
                "f:deletionTimestamp",
                "f:deletionGracePeriodSeconds",
                "f:managedFields",
                "f:selfLink",
            ];
            metadata.retain(|name, _| !SYSTEM.contains(&name.as_str()));
            if metadata.is_empty() {
                continue;
            }
        }
        set.insert(format!("f:{name}"), of_field);
    }
    Value::Object(set)
}

fn below(value: &Value, of: Type) -> Value {
    let mut set = Map::new();
    match (value, of) {
        (Value::Object(fields), Type::Any | Type::Object(_)) => {
            for (name, value) in fields {
                set.insert(format!("f:{name}"), below(value, of.field(name).unwrap_or(Type::Any)));
            }
        }
        (Value::Array(items), Type::Map(keyed)) => {
            for item in items {
                let Some(key) = item_key(item, keyed.keys) else { continue };
                let mut fields = below(item, Type::Object(keyed.fields));
                fields["."] = json!({});
                set.insert(format!("k:{}", sorted(&key)), fields);
            }
        }
        (Value::Array(items), Type::Set) => {
            for item in items {
                set.insert(format!("v:{item}"), json!({}));
            }
        }
        _ => {}
    }
    Value::Object(set)
}

fn sorted(key: &Value) -> String {
    let mut entries: Vec<(&String, &Value)> = key.as_object().into_iter().flatten().collect();
    entries.sort_by_key(|(name, _)| *name);
    let entries: Vec<String> = entries.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", entries.join(","))
}

/// `a` without what is in `b`.
pub fn without(a: &Value, b: &Value) -> Value {
    let mut set = Map::new();
    for (name, of_a) in a.as_object().into_iter().flatten() {
        match b.get(name) {
            None => {
                set.insert(name.clone(), of_a.clone());
            }
            Some(_) if is_leaf(of_a) => {}
            Some(of_b) => {
                let rest = without(of_a, of_b);
                if !is_leaf(&rest) {
                    set.insert(name.clone(), rest);
                }
            }
        }
    }
    Value::Object(set)
}

/// What is in both.
pub fn common(a: &Value, b: &Value) -> Value {
    let mut set = Map::new();
    for (name, of_a) in a.as_object().into_iter().flatten() {
        let Some(of_b) = b.get(name) else { continue };
        if is_leaf(of_a) || is_leaf(of_b) {
            set.insert(name.clone(), json!({}));
        } else {
            let both = common(of_a, of_b);
            if !is_leaf(&both) {
                set.insert(name.clone(), both);
            }
        }
    }
    Value::Object(set)
}

/// What is in one of both.
pub fn union(a: &Value, b: &Value) -> Value {
    let mut set = a.as_object().cloned().unwrap_or_default();
    for (name, of_b) in b.as_object().into_iter().flatten() {
        let of_a = set.get(name).cloned().unwrap_or_else(|| json!({}));
        set.insert(name.clone(), union(&of_a, of_b));
    }
    Value::Object(set)
}

/// The fields without members.
pub fn leaves(set: &Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(set, &mut Vec::new(), &mut found);
    found
}

fn collect(set: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for (name, of) in set.as_object().into_iter().flatten() {
        path.push(name.clone());
        if is_leaf(of) {
            found.push(path.clone());
        } else {
            collect(of, path, found);
        }
        path.pop();
    }
}

/// A path as conflicts name it: `.spec.containers[name="c"].image`.
pub fn printed(path: &[String]) -> String {
    let mut text = String::new();
    for part in path {
        if let Some(field) = part.strip_prefix("f:") {
            text.push('.');
            text.push_str(field);
        } else if let Some(key) = part.strip_prefix("k:") {
            let key: Value = serde_json::from_str(key).unwrap_or_default();
            let entries = key.as_object().into_iter().flatten();
            let entries: Vec<String> = entries.map(|(name, value)| format!("{name}={value}")).collect();
            text.extend(["[", &entries.join(","), "]"]);
        } else if let Some(value) = part.strip_prefix("v:") {
            text.extend(["[=", value, "]"]);
        }
    }
    text
}

/// The value at a path.
pub fn value_at<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, part| step(value, part))
}

fn step<'a>(value: &'a Value, part: &str) -> Option<&'a Value> {
    if part == "." {
        return Some(value);
    }
    if let Some(field) = part.strip_prefix("f:") {
        return value.get(field);
    }
    let index = position(value, part)?;
    value.get(index)
}

fn position(list: &Value, part: &str) -> Option<usize> {
    let items = list.as_array()?;
    if let Some(key) = part.strip_prefix("k:") {
        let key: Value = serde_json::from_str(key).ok()?;
        let names: Vec<&str> = key.as_object()?.keys().map(String::as_str).collect();
        return items.iter().position(|item| item_key(item, &names).as_ref() == Some(&key));
    }
    let wanted: Value = serde_json::from_str(part.strip_prefix("v:")?).ok()?;
    items.iter().position(|item| *item == wanted)
}

/// Removes the field at a path, and the maps and lists that it leaves empty.
pub fn remove_at(object: &mut Value, path: &[String]) {
    let Some((part, rest)) = path.split_first() else { return };
    if let Some(field) = part.strip_prefix("f:") {
        let Some(fields) = object.as_object_mut() else { return };
        if rest.is_empty() {
            fields.shift_remove(field);
        } else if let Some(value) = fields.get_mut(field) {
            remove_at(value, rest);
            if is_empty(value) {
                fields.shift_remove(field);
            }
        }
        return;
    }
    let Some(index) = position(object, part) else { return };
    let Some(items) = object.as_array_mut() else { return };
    if rest.is_empty() || rest == ["."] {
        items.remove(index);
    } else if let Some(item) = items.get_mut(index) {
        remove_at(item, rest);
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn is_leaf(set: &Value) -> bool {
    set.as_object().is_none_or(Map::is_empty)
}

/// The fields of `new` whose values are not those of `old`.
fn changed(old: &Value, new: &Value, root: Root) -> Value {
    let all = fields(new, root);
    let mut same = Vec::new();
    for path in leaves(&all) {
        if path.last().is_none_or(|last| last != ".") && value_at(old, &path) == value_at(new, &path)
            || path.last().is_some_and(|last| last == ".") && value_at(old, &path).is_some()
        {
            same.push(path);
        }
    }
    without(&all, &from_paths(&same))
}

/// A set of these paths.
pub fn from_paths(paths: &[Vec<String>]) -> Value {
    let mut set = json!({});
    for path in paths {
        let mut place = &mut set;
        for part in path {
            place = &mut place[part.as_str()];
            if place.is_null() {
                *place = json!({});
            }
        }
    }
    set
}

/// Notes an update: the manager owns what it changed, nobody owns what is gone.
pub fn update(old: Option<&Object>, new: &mut Object, root: Root, manager: &Manager<'_>) {
    let nothing = json!({});
    let changed = changed(old.unwrap_or(&nothing), new, root);
    let all = fields(new, root);
    let mut entries = entries(new);
    for entry in &mut entries {
        let own = &entry["fieldsV1"];
        let kept = common(own, &all);
        let kept = if manager.is(entry) { kept } else { without(&kept, &changed) };
        entry["fieldsV1"] = kept;
    }
    if !is_leaf(&changed) {
        match entries.iter_mut().find(|entry| manager.is(entry)) {
            Some(entry) => {
                entry["fieldsV1"] = union(&entry["fieldsV1"], &changed);
                entry["time"] = manager.time.clone().into();
            }
            None => entries.push(manager.entry(new, &changed)),
        }
    }
    set_entries(new, entries);
}

/// The entries of `managedFields`.
pub fn entries(object: &Object) -> Vec<Value> {
    object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default()
}

/// Sets `managedFields`, without entries that own nothing.
pub fn set_entries(object: &mut Object, mut entries: Vec<Value>) {
    entries.retain(|entry| !is_leaf(&entry["fieldsV1"]));
    let updaters = |entries: &[Value]| entries.iter().filter(|entry| entry["operation"] == "Update").count();
    while updaters(&entries) > MOST_UPDATERS {
        let Some(first) = entries.iter().position(|entry| entry["operation"] == "Update") else { break };
        let oldest = entries.remove(first);
        if let Some(next) = entries.iter_mut().find(|entry| entry["operation"] == "Update") {
            next["fieldsV1"] = union(&next["fieldsV1"], &oldest["fieldsV1"]);
            next["manager"] = "ancient-changes".into();
        }
    }
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if entries.is_empty() {
        metadata.shift_remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), entries.into());
    }
}

impl Manager<'_> {
    /// The entry is this manager's.
    pub fn is(&self, entry: &Value) -> bool {
        entry["manager"] == self.name
            && entry["operation"] == self.operation
            && entry["subresource"].as_str().unwrap_or_default() == self.subresource
    }

    /// An entry for these fields.
    pub fn entry(&self, object: &Object, fields: &Value) -> Value {
        let mut entry = json!({
            "manager": self.name, "operation": self.operation, "apiVersion": object["apiVersion"],
            "time": self.time, "fieldsType": "FieldsV1", "fieldsV1": fields,
        });
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.into();
        }
        entry
    }
}
