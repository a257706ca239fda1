//! Backends: <https://learn.microsoft.com/rest/api/apimanagement/backend>.
//!
//! **Differs from Azure:** the gateway does not know backends yet: `set-backend-service` takes a URL.

use arm::ErrorResponse;
use serde_json::Value;

use super::validation;
use crate::engine::{Definition, Draft, Example, Fidelity, Listing, Verb, array, set_default, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/backends",
    summary: "A named address that requests are forwarded to, or a pool of them.",
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("the gateway does not know backends yet"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/backends/example-backend",
        body: r#"{"properties": {"url": "http://10.10.1.5", "protocol": "http"}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let body = &mut draft.body;
    set_default(body, &["properties", "type"], "Single");
    if text(body, &["properties", "type"]) == Some("Single") {
        for unset in ["title", "description", "resourceId"] {
            set_default(body, &["properties", unset], Value::Null);
        }
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    match text(properties, &["type"]).unwrap_or_default() {
        "Single" => {
            validation::required(draft, "url", 2_000)?;
            validation::required(draft, "protocol", 100)?;
            validation::url(properties, "url")?;
            let protocol = text(properties, &["protocol"]).unwrap_or_default();
            if ["http", "soap"].iter().any(|known| known.eq_ignore_ascii_case(protocol)) {
                return Ok(());
            }
            Err(validation::field("protocol", format!("The protocol '{protocol}' is not valid.")))
        }
        "Pool" => check_pool(draft),
        kind => Err(validation::field("type", format!("The type '{kind}' is neither Single nor Pool."))),
    }
}

/// A pool is made of 1 to 30 single backends of the same service.
fn check_pool(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let members = array(draft.properties(), &["pool", "services"]);
    if !(1..=30).contains(&members.len()) {
        return Err(validation::field("pool.services", "A pool must have 1 to 30 backends."));
    }
    let Some(service) = draft.id.parent() else { return Ok(()) };
    for member in members {
        let id = text(member, &["id"]).unwrap_or_default();
        let name = id.rsplit('/').next().unwrap_or_default();
        let single = draft.tx.get(&service.child("backends", name)).is_some_and(|backend| {
            backend.id != draft.id && text(backend.properties(), &["type"]) != Some("Pool")
        });
        if !single {
            let message = format!("The backend '{id}' does not exist in this service or is itself a pool.");
            return Err(validation::field("pool.services", message));
        }
    }
    Ok(())
}
