//! Settings that a service shows: <https://learn.microsoft.com/rest/api/apimanagement/tenant-settings>.

use serde_json::{Value, json};

use super::stored::{self, STORED};
use crate::engine::{Definition, Fidelity, Listing, Names, Resource, Store, Verb, property, text};

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
        stored::always(
            (store, id),
            &DEFINITION,
            |_| json!({"properties": {"settings": shown(store, &service)}}),
        )
    },
    select: stored::all,
    listing: Listing::Plain,
    ..STORED
};

fn shown(store: &Store, service: &Resource) -> Value {
    let signin = store.get(&service.id.child("portalsettings", "signin"));
    let signin = signin.is_some_and(|found| property(found.properties(), &["enabled"]) == &json!(true));
    let email = text(service.properties(), &["publisherEmail"]).unwrap_or_default();
    json!({
        "CustomPortalSettings.RequireUserSigninEnabled": if signin { "True" } else { "False" },
        "CustomPortalSettings.PublisherEmail": email,
    })
}
