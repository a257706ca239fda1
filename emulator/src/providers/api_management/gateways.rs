//! Self-hosted gateways: <https://learn.microsoft.com/rest/api/apimanagement/gateway>.
//!
//! **Differs from Azure:** kept and shown, with keys; no self-hosted gateway can connect yet. The managed gateway can be
//! read like the others.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::{tracing, validation};
use crate::engine::{
    Action, ActionCall, Answer, Definition, Draft, Example, Fidelity, Listing, Resource, Store, Verb, set,
    set_default, take, text,
};

/// Where the keys wait for `listKeys`.
const KEYS: [&str; 2] = ["primaryKey", "secondaryKey"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/gateways",
    summary: "A gateway that runs somewhere else.",
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    actions: &[
        Action {
            name: "listDebugCredentials",
            permission: "listDebugCredentials/action",
            run: tracing::list_debug_credentials,
            ready: |_, _| true,
        },
        Action {
            name: "listKeys",
            permission: "listKeys/action",
            run: |call| {
                self_hosted(&call.resource.id)?;
                let key = |at: usize| text(call.resource.properties(), &[KEYS[at]]);
                Ok(Answer::json(200, json!({"primary": key(0), "secondary": key(1)})))
            },
            ready: |_, _| true,
        },
        Action {
            name: "listTrace",
            permission: "listTrace/action",
            run: tracing::list_trace,
            ready: |_, _| true,
        },
        Action {
            name: "regenerateKey",
            permission: "regenerateKey/action",
            run: regenerate,
            ready: |_, _| true,
        },
    ],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("no self-hosted gateway can connect yet"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/gateways/example-gateway",
        body: r#"{"properties": {"locationData": {"name": "a cellar"}}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    view: |_: &Resource, _: &Store, shown: &mut Value| {
        for key in KEYS {
            take(shown, &["properties", key]);
        }
    },
    removable: |removal| self_hosted(&removal.resource.id),
    find: |store, id| {
        if !id.name().eq_ignore_ascii_case(tracing::MANAGED) {
            return store.get(id);
        }
        store.get(&id.parent()?)?;
        let body = json!({"properties": {"locationData": {"name": "managed"}}});
        Some(Arc::new(Resource::new(id.clone(), &DEFINITION, body)))
    },
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    for key in KEYS {
        let kept = text(draft.before(), &[key]).map(str::to_owned);
        let value = kept.unwrap_or_else(|| draft.world.config.ids.hex(32));
        set(&mut draft.body, &["properties", key], value);
    }
    set_default(&mut draft.body, &["properties", "description"], Value::Null);
    Ok(())
}

/// The gateway of the service itself is no resource.
fn self_hosted(id: &ResourceId) -> Result<(), ErrorResponse> {
    if id.name().eq_ignore_ascii_case(tracing::MANAGED) {
        return Err(ErrorResponse::resource_not_found(id));
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    if draft.id.name().eq_ignore_ascii_case(tracing::MANAGED) {
        return Err(validation::field("gatewayId", "The gateway identifier must not be 'managed'."));
    }
    match text(draft.properties(), &["locationData", "name"]) {
        Some(name) if name.chars().count() <= 256 => Ok(()),
        _ => Err(validation::field(
            "locationData.name",
            "LocationData with a name of 1 to 256 characters is required.",
        )),
    }
}

fn regenerate(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    self_hosted(&call.resource.id)?;
    let body = call.world.call.json()?;
    let key = match text(&body, &["keyType"]).unwrap_or_default() {
        "primary" => KEYS[0],
        "secondary" => KEYS[1],
        other => {
            let message = format!("The key type '{other}' is neither primary nor secondary.");
            return Err(validation::field("keyType", message));
        }
    };
    let mut gateway = call.resource.as_ref().clone();
    set(&mut gateway.body, &["properties", key], call.world.config.ids.hex(32));
    gateway.etag = call.world.config.ids.hex(16);
    call.tx.put(gateway);
    Ok(Answer::empty(204))
}
