//! Soft-deleted services: <https://learn.microsoft.com/azure/api-management/soft-delete>.
//!
//! **Differs from Azure:** a service can be restored as soon as it is deleted; it is not purged after 48 hours, but
//! when somebody asks for it; the region in the path is not compared.

use std::sync::Arc;
use std::time::Duration;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::engine::{
    Announce, Answer, Call, Definition, Draft, Fidelity, LongRunning, Model, Removal, Resource, Scope,
    StateShown, Store, Timing, Verb, page, property, set, take, text,
};

/// How long a deleted service can be restored.
const KEPT: Duration = Duration::from_hours(48);
/// Where the body waits for a restore.
const KEPT_BODY: &str = "kept";

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/locations/deletedServices",
    summary: "A deleted service that can still be restored.",
    modelled: "2024-05-01",
    scope: Scope::Location,
    verbs: &[Verb::Get, Verb::Delete],
    state: StateShown::Hidden,
    long_running: LongRunning {
        create: None,
        update: None,
        delete: Some(Timing { azure: Duration::from_mins(1), state: "Deleting" }),
        announce: Announce::Locations,
    },
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("kept until purged; what was in it is gone"),
    view: |_, _, shown| drop(take(shown, &[KEPT_BODY])),
    ..Definition::CHILD
};

/// All soft-deleted services.
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let items = store.of_type(DEFINITION.name, None).map(|service| shown(service)).collect();
    page(call, items, false)
}

fn shown(service: &Resource) -> Value {
    let mut shown = service.envelope();
    take(&mut shown, &[KEPT_BODY]);
    shown
}

/// The soft-deleted service with this name.
pub fn named(store: &Store, name: &str) -> Option<Arc<Resource>> {
    store.of_type(DEFINITION.name, None).find(|service| service.id.name().eq_ignore_ascii_case(name)).cloned()
}

/// Puts a service aside that is about to go.
pub fn remember(removal: &mut Removal<'_, '_>) {
    let service = &removal.resource;
    let (Some(subscription), Some(location)) =
        (service.id.subscription_id(), text(&service.body, &["location"]))
    else {
        return;
    };
    let scope = ResourceId::subscription(subscription);
    let name = service.id.name();
    let id = scope.provider("Microsoft.ApiManagement", "locations", location).child("deletedServices", name);
    let now = removal.config.clock.now();
    let body = json!({
        "location": location,
        "properties": {
            "serviceId": service.id.as_str(),
            "deletionDate": now.rfc3339(),
            "scheduledPurgeDate": now.after(KEPT).rfc3339(),
        },
        (KEPT_BODY): service.body,
    });
    let mut deleted = Resource::new(id, &DEFINITION, body);
    deleted.etag = removal.config.ids.hex(16);
    removal.tx.put(deleted);
}

/// Makes a draft the service that was deleted, and says when that was created.
pub fn bring_back(draft: &mut Draft<'_, '_>, deleted: &Resource) -> String {
    let location = draft.body.get("location").cloned();
    draft.body = property(&deleted.body, &[KEPT_BODY]).clone();
    if let Some(location) = location {
        set(&mut draft.body, &["location"], location);
    }
    draft.tx.remove(&deleted.id);
    text(&draft.body, &["properties", "createdAtUtc"]).unwrap_or_default().to_owned()
}
