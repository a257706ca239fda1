//! External caches: <https://learn.microsoft.com/rest/api/apimanagement/cache>.
//!
//! A connection string is kept as a secret named value, to which the cache refers; one that refers to a named value
//! already is kept as it is.
//!
//! **Differs from Azure:** only a Redis on this machine is connected to; with any other the gateway's own cache does the
//! work. The service is in one region: the cache of its region comes before `default`, the others wait.

use apim::Secret;
use arm::ErrorResponse;
use serde_json::{Value, json};

use super::stored::STORED;
use super::{named_values, validation};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Model, Resource, Store, normalize_location, set, set_default, text,
};

/// For every region that has no cache of its own.
const EVERYWHERE: &str = "default";

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/caches",
    summary: "A Redis in which the gateway keeps answers and values.",
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("a Redis on this machine only"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/caches/default",
        body: r#"{"properties": {"connectionString": "127.0.0.1:1,password=example", "useFromLocation": "default"}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    ..STORED
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    for unset in ["description", "resourceId"] {
        set_default(&mut draft.body, &["properties", unset], Value::Null);
    }
    let place = text(draft.properties(), &["useFromLocation"]).unwrap_or_default().to_owned();
    if !place.is_empty() && !place.eq_ignore_ascii_case(EVERYWHERE) {
        let region = normalize_location(&place, DEFINITION.name)?;
        set(&mut draft.body, &["properties", "useFromLocation"], region);
    }
    keep_secret(draft);
    Ok(())
}

/// Puts the connection string into a named value.
fn keep_secret(draft: &mut Draft<'_, '_>) {
    let given = text(draft.properties(), &["connectionString"]).unwrap_or_default().to_owned();
    let (false, Some(service)) = (given.is_empty() || reference(&given).is_some(), draft.id.parent()) else {
        return;
    };
    let before = text(draft.before(), &["connectionString"]).and_then(reference).map(str::to_owned);
    let name = before.unwrap_or_else(|| draft.world.config.ids.hex(24));
    let id = service.child("namedValues", &name);
    let body = json!({"properties": {"displayName": name, "value": given, "secret": true, "tags": []}});
    let known = draft.tx.get(&id).is_some_and(|known| known.body == body);
    // Too long a string is refused by the check; nothing of it stays.
    if !known {
        draft.put_part(id, &named_values::DEFINITION, body);
        draft.changed = draft.existing.is_some();
    }
    set(&mut draft.body, &["properties", "connectionString"], format!("{{{{{name}}}}}"));
}

/// The named value that stands for a text.
fn reference(text: &str) -> Option<&str> {
    text.strip_prefix("{{")?.strip_suffix("}}").map(str::trim)
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "connectionString", 300)?;
    validation::required(draft, "useFromLocation", 256)?;
    let Some(connection) = connection(draft.tx, &draft.id, draft.properties()) else {
        let message = "ConnectionString refers to a named value that does not exist.";
        return Err(validation::field("connectionString", message));
    };
    match connection.parse::<apim::Redis>() {
        Ok(_) if connection.chars().count() <= 300 => Ok(()),
        Ok(_) => {
            let message = "ConnectionString must not be longer than 300 characters.";
            Err(validation::field("connectionString", message))
        }
        Err(why) => {
            let message = format!("ConnectionString is not valid: {why}.");
            Err(validation::field("connectionString", message))
        }
    }
}

/// The connection string, with the named value put in.
fn connection(store: &Store, id: &arm::ResourceId, properties: &Value) -> Option<String> {
    let written = text(properties, &["connectionString"])?;
    let Some(name) = reference(written) else { return Some(written.to_owned()) };
    let service = id.parent();
    let mut values = store.of_type(named_values::DEFINITION.name, service.as_ref());
    let named = |value: &Resource| text(value.properties(), &["displayName"]).map(str::to_owned);
    let found = values.find(|value| named(value).is_some_and(|own| own.eq_ignore_ascii_case(name)))?;
    text(found.properties(), &["value"]).map(str::to_owned)
}

/// The cache that the gateway of a service uses: that of its region, or else that of all regions.
pub fn model(store: &Store, service: &Resource) -> Option<Secret> {
    let region = text(&service.body, &["location"]).unwrap_or_default();
    let mut caches: Vec<_> = store.of_type(DEFINITION.name, Some(&service.id)).collect();
    caches.sort_by_key(|cache| place(cache).eq_ignore_ascii_case(EVERYWHERE));
    let mut usable = caches
        .into_iter()
        .filter(|cache| [region, EVERYWHERE].iter().any(|used| place(cache).eq_ignore_ascii_case(used)));
    let cache = usable.next()?;
    connection(store, &cache.id, cache.properties()).map(Secret::new)
}

fn place(cache: &Resource) -> &str {
    text(cache.properties(), &["useFromLocation"]).unwrap_or_default()
}
