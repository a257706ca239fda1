//! Links: children that have no properties of their own and show another child of the service.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Map, Value};

use super::validation;
use crate::engine::{Answers, Definition, Draft, Listing, Removal, Resource, Store, Transaction, Verb, set};

/// A link: made without a body, asked for with HEAD.
pub const LINK: Definition = Definition {
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    answers: Answers { found: 204, ..Definition::CHILD.answers },
    listing: Listing::Counted,
    defaults: |draft| {
        draft.body = Value::Object(Map::new());
        Ok(())
    },
    ..Definition::CHILD
};

/// What a link leads to.
pub fn target(store: &Store, link: &ResourceId, segment: &str) -> Option<Arc<Resource>> {
    let service = validation::service_of(store, link)?;
    store.get(&service.id.child(segment, link.name()))
}

/// Refuses a link to nothing.
pub fn check(draft: &Draft<'_, '_>, segment: &str, what: &str) -> Result<(), ErrorResponse> {
    if target(draft.tx, &draft.id, segment).is_some() {
        return Ok(());
    }
    let message = format!("{what} with specified ID '{}' not found.", draft.id.name());
    Err(ErrorResponse::new(400, "ValidationError", message))
}

/// Shows what the link leads to.
pub fn view(link: &Resource, store: &Store, segment: &str, shown: &mut Value) {
    let Some(target) = target(store, &link.id, segment) else { return };
    let mut other = target.envelope();
    (target.definition.view)(&target, store, &mut other);
    if let Some(properties) = other.get_mut("properties") {
        set(shown, &["properties"], properties.take());
    }
}

/// A resource as it shows below another one.
pub fn shown_in(parent: &ResourceId, definition: &'static Definition, resource: &Resource) -> Arc<Resource> {
    let id = parent.child(definition.segment(), resource.id.name());
    let shown = Resource::new(id, definition, resource.body.clone());
    Arc::new(Resource { etag: resource.etag.clone(), ..shown })
}

/// Links to something that is about to go, go with it.
pub fn remove_to(removal: &mut Removal<'_, '_>, types: &[&Definition]) {
    let Some(service) = removal.resource.id.parent() else { return };
    let name = removal.resource.id.name().to_owned();
    for definition in types {
        remove_named(removal.tx, definition, &service, &name);
    }
}

fn remove_named(tx: &mut Transaction<'_>, definition: &Definition, service: &ResourceId, name: &str) {
    let links: Vec<ResourceId> = tx
        .of_type(definition.name, Some(service))
        .filter(|link| link.id.name().eq_ignore_ascii_case(name))
        .map(|link| link.id.clone())
        .collect();
    for id in links {
        tx.remove(&id);
    }
}
