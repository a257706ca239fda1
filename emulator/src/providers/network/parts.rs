//! Named parts of a resource that are no resources of their own: frontends, pools, rules, listeners.
//!
//! They refer to each other by ids, as everything does.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use crate::engine::{Draft, Resource, Store, array, property, set, set_default, take, text};

/// A list of parts.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// The property that holds it, and the part of ids: `frontendIPConfigurations`.
    pub name: &'static str,
    /// Where its entries name other parts of the resource: a path in their properties, and the list.
    pub refers: &'static [(&'static str, &'static str)],
}

/// Gives every part its id and drops what it may not say.
pub fn complete(draft: &mut Draft<'_, '_>, lists: &[Parts]) -> Result<(), ErrorResponse> {
    let owner = draft.id.to_string();
    for list in lists {
        set_default(&mut draft.body, &["properties", list.name], json!([]));
        let entries = property(&draft.body, &["properties", list.name]).as_array().cloned();
        let mut seen: Vec<String> = Vec::new();
        let mut complete = Vec::new();
        for mut entry in entries.unwrap_or_default() {
            let name = text(&entry, &["name"]).unwrap_or_default().to_owned();
            if name.is_empty() || name.contains('/') || seen.contains(&name.to_lowercase()) {
                let message = format!(
                    "Each entry of '{}' must have a name that no other entry has, not '{name}'.",
                    list.name
                );
                return Err(ErrorResponse::new(400, "InvalidRequestFormat", message).target(list.name));
            }
            for shown in ["id", "etag", "type"] {
                take(&mut entry, &[shown]);
            }
            take(&mut entry, &["properties", "provisioningState"]);
            set(&mut entry, &["id"], format!("{owner}/{}/{name}", list.name));
            seen.push(name.to_lowercase());
            complete.push(entry);
        }
        set(&mut draft.body, &["properties", list.name], complete);
    }
    Ok(())
}

/// What the parts name is there.
pub fn check(draft: &Draft<'_, '_>, lists: &[Parts]) -> Result<(), ErrorResponse> {
    for list in lists {
        for entry in array(draft.properties(), &[list.name]) {
            for (path, target) in list.refers {
                let named = property(entry, &["properties", path]);
                let ids = std::iter::once(named).chain(named.as_array().into_iter().flatten());
                for id in ids.filter_map(|one| text(one, &["id"])) {
                    if !has(draft.properties(), target, id) {
                        return Err(missing(&draft.id, entry, id));
                    }
                }
            }
        }
    }
    Ok(())
}

fn has(properties: &Value, list: &str, id: &str) -> bool {
    array(properties, &[list])
        .iter()
        .any(|part| text(part, &["id"]).is_some_and(|own| own.eq_ignore_ascii_case(id)))
}

fn missing(owner: &ResourceId, entry: &Value, id: &str) -> ErrorResponse {
    let name = text(entry, &["name"]).unwrap_or_default();
    let message = format!("Resource {id} referenced by resource {owner}/{name} was not found.");
    ErrorResponse::new(400, "InvalidResourceReference", message)
}

/// The part of a resource with this id, if the resource is there and has it.
pub fn find(store: &Store, id: &str, list: &str) -> Option<Value> {
    let id: ResourceId = id.parse().ok()?;
    let owner = id.parent()?;
    let definition = crate::providers::definition(&owner.resource_type())?;
    let owner = (definition.find)(store, &owner)?;
    let parts = array(owner.properties(), &[list]);
    parts
        .iter()
        .find(|part| text(part, &["id"]).is_some_and(|own| id.as_str().eq_ignore_ascii_case(own)))
        .cloned()
}

/// Shows the parts as Azure does.
pub fn view(resource: &Resource, lists: &[Parts], shown: &mut Value) {
    let etag = format!("W/\"{}\"", resource.etag);
    set(shown, &["etag"], etag.as_str());
    for list in lists {
        let kind = format!("{}/{}", resource.definition.name, list.name);
        let entries = shown.pointer_mut(&format!("/properties/{}", list.name)).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            set(entry, &["etag"], etag.as_str());
            set(entry, &["type"], kind.as_str());
            set(entry, &["properties", "provisioningState"], "Succeeded");
        }
    }
}
