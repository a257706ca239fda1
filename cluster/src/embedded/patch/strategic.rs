//! Strategic merge patches: merge patches in which some lists merge by a key.
//! <https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md>
//!
//! **Differs from Kubernetes:** `$setElementOrder` is ignored: items keep their order, new ones go to the end.

use serde_json::{Map, Value, json};

use super::Root;
use crate::embedded::kinds::shape::{Keyed, Type};

/// Merges a patch into an object; the error says what the patch lacks.
pub fn strategic(target: &mut Value, patch: &Value, root: Root) -> Result<(), String> {
    let fields = patch.as_object().ok_or("a patch is an object")?;
    merge_fields(target, fields, &|name| root.field(name))
}

fn merge_fields(
    target: &mut Value,
    patch: &Map<String, Value>,
    types: &dyn Fn(&str) -> Option<Type>,
) -> Result<(), String> {
    if !target.is_object() || patch.get("$patch").is_some_and(|directive| directive == "replace") {
        *target = json!({});
    }
    let Some(object) = target.as_object_mut() else { return Ok(()) };
    if let Some(kept) = patch.get("$retainKeys").and_then(Value::as_array) {
        object.retain(|name, _| kept.iter().any(|one| one == name));
    }
    for (name, value) in patch {
        if name.starts_with('$') {
            if let Some(field) = name.strip_prefix("$deleteFromPrimitiveList/") {
                delete_from(object.get_mut(field), value);
            }
        } else if value.is_null() || value["$patch"] == "delete" {
            object.shift_remove(name);
        } else {
            let of = types(name).unwrap_or(Type::Any);
            merge_value(object.entry(name.clone()).or_insert(Value::Null), value, of)?;
        }
    }
    Ok(())
}

fn merge_value(target: &mut Value, patch: &Value, of: Type) -> Result<(), String> {
    match (patch, of) {
        // Selectors and the like are atomic to apply, but not to this kind of patch.
        (Value::Object(fields), _) => merge_fields(target, fields, &|name| of.field(name)),
        (Value::Array(items), Type::Map(keyed)) => merge_list(target, items, keyed),
        (Value::Array(items), Type::Set) => {
            let mut all = target.as_array().cloned().unwrap_or_default();
            all.extend(items.iter().filter(|item| !all.contains(item)).cloned().collect::<Vec<_>>());
            *target = all.into();
            Ok(())
        }
        _ => {
            *target = patch.clone();
            Ok(())
        }
    }
}

fn merge_list(target: &mut Value, patch: &[Value], keyed: &'static Keyed) -> Result<(), String> {
    let replaced = patch.iter().any(|item| item["$patch"] == "replace");
    let mut items = if replaced { Vec::new() } else { target.as_array().cloned().unwrap_or_default() };
    for patch in patch {
        let Some(fields) = patch.as_object() else {
            return Err(format!("an item of a list that merges by `{}` is no object", keyed.merge));
        };
        if patch["$patch"] == "replace" && fields.len() == 1 {
            continue;
        }
        let Some(key) = fields.get(keyed.merge) else {
            return Err(format!("map: {patch} does not contain declared merge key: {}", keyed.merge));
        };
        let found = items.iter().position(|item| item.get(keyed.merge) == Some(key));
        if patch["$patch"] == "delete" {
            items.retain(|item| item.get(keyed.merge) != Some(key));
            continue;
        }
        let mut item = found.and_then(|index| items.get(index).cloned()).unwrap_or_else(|| json!({}));
        merge_fields(&mut item, fields, &|name| Type::Map(keyed).field(name))?;
        match found.and_then(|index| items.get_mut(index)) {
            Some(place) => *place = item,
            None => items.push(item),
        }
    }
    *target = items.into();
    Ok(())
}

fn delete_from(list: Option<&mut Value>, gone: &Value) {
    if let (Some(list), Some(gone)) = (list.and_then(Value::as_array_mut), gone.as_array()) {
        list.retain(|item| !gone.contains(item));
    }
}
