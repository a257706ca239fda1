//! Server-side apply: a client states the fields that it wants, and the server keeps who stated what.
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>
//!
//! **Differs from Kubernetes:** an item of a list that is dropped from the configuration goes as a whole unless
//! somebody else owns the item itself; see also [`super::ownership`].

use serde_json::{Value, json};

use super::ownership::{
    Manager, common, entries, fields, leaves, printed, remove_at, set_entries, union, value_at, without,
};
use super::{Root, item_key};
use crate::embedded::kinds::shape::Type;
use crate::embedded::store::Object;

/// What to do about fields that others own with other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// They are an error.
    Refuse,
    /// They are taken over.
    Force,
}

/// Applies a configuration; the error lists managers and fields in conflict.
pub fn apply(
    target: &mut Object,
    configuration: &Value,
    root: Root,
    (manager, conflicts): (&Manager<'_>, Conflicts),
) -> Result<(), Vec<(String, String)>> {
    let wanted = fields(configuration, root);
    let mut others = entries(target);
    let mut own = json!({});
    others.retain(|entry| {
        let mine = manager.is(entry);
        if mine {
            own = entry["fieldsV1"].clone();
        }
        !mine
    });
    take_over(&mut others, &wanted, (target, configuration), conflicts)?;
    let owned = others.iter().fold(json!({}), |all, entry| union(&all, &entry["fieldsV1"]));
    drop_fields(target, &without(&without(&own, &wanted), &owned), &wanted);
    let kept = (target["metadata"].clone(), target["apiVersion"].clone(), target["kind"].clone());
    merge_fields(target, configuration, &|name| root.field(name));
    restore(target, kept);
    others.push(manager.entry(target, &wanted));
    set_entries(target, others);
    Ok(())
}

/// Fields with other values leave the entries of their owners, if that is allowed.
fn take_over(
    others: &mut [Value],
    wanted: &Value,
    (target, configuration): (&Object, &Value),
    conflicts: Conflicts,
) -> Result<(), Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in others {
        let mut lost = Vec::new();
        for path in leaves(&common(wanted, &entry["fieldsV1"])) {
            if path.last().is_some_and(|last| last == ".") {
                continue;
            }
            let new = value_at(configuration, &path);
            if new.is_some_and(|new| !new.is_object()) && new != value_at(target, &path) {
                found.push((description(entry), printed(&path)));
                lost.push(path);
            }
        }
        entry["fieldsV1"] = without(&entry["fieldsV1"], &super::ownership::from_paths(&lost));
    }
    if conflicts == Conflicts::Refuse && !found.is_empty() { Err(found) } else { Ok(()) }
}

fn description(entry: &Value) -> String {
    let manager = entry["manager"].to_string();
    if entry["operation"] == "Update" {
        let version = entry["apiVersion"].as_str().unwrap_or_default();
        return match entry["subresource"].as_str() {
            Some(subresource) => format!("{manager} with subresource \"{subresource}\" using {version}"),
            None => format!("{manager} using {version}"),
        };
    }
    manager
}

/// Removes fields that this manager owned alone and no longer wants.
fn drop_fields(target: &mut Object, dropped: &Value, wanted: &Value) {
    let mut paths = leaves(dropped);
    // An item goes before its fields.
    paths.sort_by_key(|path| (path.last().is_none_or(|last| last != "."), path.len()));
    for path in paths {
        let still = path.iter().try_fold(wanted, |set, part| set.get(part)).is_some();
        if !still {
            remove_at(target, &path);
        }
    }
}

fn merge_fields(target: &mut Value, configuration: &Value, types: &dyn Fn(&str) -> Option<Type>) {
    let Some(fields) = configuration.as_object() else { return };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(object) = target.as_object_mut() else { return };
    for (name, value) in fields {
        let of = types(name).unwrap_or(Type::Any);
        merge_value(object.entry(name.clone()).or_insert(Value::Null), value, of);
    }
}

fn merge_value(target: &mut Value, value: &Value, of: Type) {
    match (value, of) {
        (Value::Object(_), Type::Any | Type::Object(_)) => {
            merge_fields(target, value, &|name| of.field(name));
        }
        (Value::Array(new), Type::Map(keyed)) => {
            let mut items = target.as_array().cloned().unwrap_or_default();
            for item in new {
                let key = item_key(item, keyed.keys);
                let same = |old: &Value| key.is_some() && item_key(old, keyed.keys) == key;
                match items.iter_mut().find(|old| same(old)) {
                    Some(old) => merge_value(old, item, Type::Object(keyed.fields)),
                    None => items.push(item.clone()),
                }
            }
            *target = items.into();
        }
        (Value::Array(new), Type::Set) => {
            let mut items = target.as_array().cloned().unwrap_or_default();
            for item in new {
                if !items.contains(item) {
                    items.push(item.clone());
                }
            }
            *target = items.into();
        }
        _ => *target = value.clone(),
    }
}

/// What a configuration cannot change.
fn restore(target: &mut Object, (metadata, api_version, kind): (Value, Value, Value)) {
    if !api_version.is_null() {
        target["apiVersion"] = api_version;
        target["kind"] = kind;
    }
    for field in ["managedFields", "uid", "creationTimestamp", "generation"] {
        match metadata.get(field) {
            Some(value) => target["metadata"][field] = value.clone(),
            None => {
                if let Some(metadata) = target.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.shift_remove(field);
                }
            }
        }
    }
}
