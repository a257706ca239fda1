//! Self-hosted gateways: <https://learn.microsoft.com/rest/api/apimanagement/gateway>.
//!
//! **Differs from Azure:** what connects with a token of one is `apimlab gateway`. The managed gateway can be read like
//! the others.

use std::sync::Arc;
use std::time::Duration;

use apim::{Key, SelfHostedGateway};
use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};
use sim::Timestamp;

use super::{gateway_apis, product_apis, stored, tracing, validation};
use crate::engine::{
    Action, ActionCall, Answer, Definition, Draft, Example, Fidelity, Listing, Model, Resource, Store, Verb,
    set, set_default, text,
};

/// Where the keys wait for `listKeys`.
const KEYS: [&str; 2] = ["primaryKey", "secondaryKey"];
/// How long a token is good at most.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/gateways",
    summary: "A gateway that runs somewhere else.",
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    actions: &[
        Action::new("generateToken", "generateToken/action", generate_token),
        Action::new(
            "invalidateDebugCredentials",
            "invalidateDebugCredentials/action",
            tracing::invalidate_debug_credentials,
        ),
        Action::new("listDebugCredentials", "listDebugCredentials/action", tracing::list_debug_credentials),
        Action::new("listKeys", "listKeys/action", |call| {
            self_hosted(&call.resource.id)?;
            let key = |at: usize| text(call.resource.properties(), &[KEYS[at]]);
            Ok(Answer::json(200, json!({"primary": key(0), "secondary": key(1)})))
        }),
        Action::new("listTrace", "listTrace/action", tracing::list_trace),
        Action::new("regenerateKey", "regenerateKey/action", regenerate),
    ],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("what connects with its token is `apimlab gateway`"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/gateways/example-gateway",
        body: r#"{"properties": {"locationData": {"name": "a cellar"}}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    view: |_, _, shown| stored::hide(shown, &KEYS),
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
    let key = key(&call.world.call.json()?)?;
    let mut gateway = call.resource.as_ref().clone();
    set(&mut gateway.body, &["properties", key], call.world.config.ids.hex(32));
    gateway.etag = call.world.config.ids.hex(16);
    call.tx.put(gateway);
    Ok(Answer::empty(204))
}

fn generate_token(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    self_hosted(&call.resource.id)?;
    let body = call.world.call.json()?;
    let key = key(&body)?;
    let now = call.world.call.now;
    let until = text(&body, &["expiry"]).and_then(Timestamp::parse);
    let Some(until) = until.filter(|until| *until > now && until.since(now) <= LONGEST) else {
        return Err(validation::field("expiry", "Expiry must be a time within the next 30 days."));
    };
    let signing = Key::new(text(call.resource.properties(), &[key]).unwrap_or_default());
    let token = model(call.tx, &call.resource).token(&signing, &until.rfc3339());
    Ok(Answer::json(200, json!({"value": token})))
}

/// The key that a request means.
fn key(body: &Value) -> Result<&'static str, ErrorResponse> {
    match text(body, &["keyType"]).unwrap_or_default() {
        "primary" => Ok(KEYS[0]),
        "secondary" => Ok(KEYS[1]),
        other => {
            let message = format!("The key type '{other}' is neither primary nor secondary.");
            Err(validation::field("keyType", message))
        }
    }
}

/// What the data plane is told about the gateways of a service.
pub fn models(store: &Store, service: &ResourceId) -> Vec<SelfHostedGateway> {
    store.of_type(DEFINITION.name, Some(service)).map(|gateway| model(store, gateway)).collect()
}

fn model(store: &Store, gateway: &Resource) -> SelfHostedGateway {
    let links = store.of_type(gateway_apis::DEFINITION.name, Some(&gateway.id));
    SelfHostedGateway {
        name: gateway.id.name().to_owned(),
        keys: KEYS.map(|key| Key::new(text(gateway.properties(), &[key]).unwrap_or_default())),
        apis: links.map(|link| product_apis::api_name(store, link)).collect(),
    }
}
