//! Settings that a service shows: <https://learn.microsoft.com/rest/api/apimanagement/tenant-settings>.

use std::sync::Arc;

use serde_json::{Value, json};

use super::stored::STORED;
use crate::engine::{Definition, Fidelity, Names, Resource, Verb, property, text};

const PUBLIC: &str = "public";

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/settings",
    summary: "Settings that a service shows.",
    names: Names::Fixed(&[PUBLIC]),
    verbs: &[Verb::Get, Verb::List],
    fidelity: Fidelity::Approximate("those of the developer portal's sign-in only"),
    find: |store, id| {
        let service = store.get(&id.parent()?)?;
        let signin = store.get(&service.id.child("portalsettings", "signin"));
        let signin = signin.is_some_and(|found| property(found.properties(), &["enabled"]) == &json!(true));
        let email = text(service.properties(), &["publisherEmail"]).unwrap_or_default();
        let settings = json!({
            "CustomPortalSettings.RequireUserSigninEnabled": if signin { "True" } else { "False" },
            "CustomPortalSettings.PublisherEmail": email,
        });
        let body: Value = json!({"properties": {"settings": settings}});
        Some(Arc::new(Resource::new(id.clone(), &DEFINITION, body)))
    },
    select: |store, definition, service| {
        let id = service.map(|service| service.child("settings", PUBLIC));
        id.and_then(|id| (definition.find)(store, &id)).into_iter().collect()
    },
    ..STORED
};
