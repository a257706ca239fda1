//! Children that stand in the body of their parent: the same things as those that are requested by themselves.

use std::sync::Arc;

use arm::ErrorResponse;
use serde_json::Value;

use crate::engine::{Definition, Draft, Resource, Store, array, set, take, text};

/// A list in a body whose entries are resources.
pub struct Inline {
    /// The property that holds the list.
    pub property: &'static str,
    /// The type of its entries.
    pub definition: &'static Definition,
    /// Fills what an entry left out and drops what it may not say.
    pub complete: fn(&Value) -> Value,
}

impl Inline {
    /// The entries of the body with their names; `None` if they are to stay as they are.
    pub fn listed(&self, draft: &Draft<'_, '_>) -> Result<Option<Vec<(String, Value)>>, ErrorResponse> {
        let written = draft.properties().get(self.property).filter(|list| !list.is_null());
        if written.is_none() && draft.world.call.method == http::Method::PATCH {
            return Ok(None);
        }
        let mut entries: Vec<(String, Value)> = Vec::new();
        for entry in array(draft.properties(), &[self.property]) {
            let Some(name) = text(entry, &["name"]) else {
                let message = format!("Each entry of '{}' must have a name.", self.property);
                return Err(ErrorResponse::invalid_request_content(&message));
            };
            self.definition.check_name(name)?;
            if entries.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                let message = format!("The name '{name}' is used more than once in '{}'.", self.property);
                return Err(ErrorResponse::new(400, "DuplicateResourceName", message));
            }
            entries.push((name.to_owned(), (self.complete)(entry)));
        }
        Ok(Some(entries))
    }

    /// Makes the entries of a stored parent resources of their own, and removes those that are no longer there.
    pub fn provision(&self, draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
        let wanted = self.listed(draft)?;
        let Some(stored) = draft.tx.get(&draft.id) else { return Ok(()) };
        let mut parent = stored.as_ref().clone();
        take(&mut parent.body, &["properties", self.property]);
        draft.tx.put(parent);
        let Some(wanted) = wanted else { return Ok(()) };
        for child in draft.tx.within(self.definition, Some(&draft.id)) {
            if !wanted.iter().any(|(name, _)| name.eq_ignore_ascii_case(child.id.name())) {
                draft.tx.remove(&child.id);
                draft.changed = true;
            }
        }
        for (name, body) in wanted {
            self.put(draft, &name, body);
        }
        Ok(())
    }

    fn put(&self, draft: &mut Draft<'_, '_>, name: &str, body: Value) {
        let id = draft.id.child(self.definition.segment(), name);
        let before = draft.tx.get(&id);
        if before.as_ref().is_some_and(|before| before.body == body) {
            return;
        }
        let id = before.map_or(id, |before| before.id.clone());
        let mut child = Resource::new(id, self.definition, body);
        child.etag = draft.world.config.ids.uuid();
        draft.tx.put(child);
        draft.changed = true;
    }

    /// Shows the children in the form of their parent.
    pub fn view(&self, parent: &Resource, store: &Store, shown: &mut Value) {
        let children: Vec<Value> = store
            .of_type(self.definition.name, Some(&parent.id))
            .map(|child| {
                let mut shown = child.envelope();
                (self.definition.view)(child, store, &mut shown);
                shown
            })
            .collect();
        set(shown, &["properties", self.property], children);
    }
}

/// Drops what clients send back as they got it.
pub fn without_envelope(body: &Value) -> Value {
    let mut body = body.clone();
    for name in ["id", "name", "type", "etag"] {
        take(&mut body, &[name]);
    }
    take(&mut body, &["properties", "provisioningState"]);
    body
}

/// The subnets that name a resource in `property`.
pub fn subnets_with(store: &Store, property: &str, id: &arm::ResourceId) -> Vec<Arc<Resource>> {
    store
        .of_type(super::subnets::DEFINITION.name, None)
        .filter(|subnet| {
            text(subnet.properties(), &[property, "id"])
                .is_some_and(|named| named.eq_ignore_ascii_case(id.as_str()))
        })
        .cloned()
        .collect()
}

/// Shows the subnets that name a resource in `property`.
pub fn view_subnets(property: &str, resource: &Resource, store: &Store, shown: &mut Value) {
    let subnets: Vec<Value> = subnets_with(store, property, &resource.id)
        .iter()
        .map(|subnet| serde_json::json!({"id": subnet.id.as_str()}))
        .collect();
    if !subnets.is_empty() {
        set(shown, &["properties", "subnets"], subnets);
    }
    set(shown, &["etag"], format!("W/\"{}\"", resource.etag));
}

/// Keeps the `resourceGuid` that the service gave.
pub fn keep_guid(draft: &mut Draft<'_, '_>) {
    let guid = text(draft.before(), &["resourceGuid"]).map(str::to_owned);
    let guid = guid.unwrap_or_else(|| draft.world.config.ids.uuid());
    set(&mut draft.body, &["properties", "resourceGuid"], guid);
}
