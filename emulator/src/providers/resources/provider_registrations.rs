//! Resource providers and their registration: <https://learn.microsoft.com/rest/api/resources/providers>.
//!
//! **Differs from Azure:** every provider is registered from the start, so registering one changes nothing; only the
//! types that the sandbox has are listed.

use arm::ErrorResponse;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Definition, LOCATIONS, Scope, Tracking, page};
use crate::providers::{PROVIDERS, Provider};

/// All providers.
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    page(call, PROVIDERS.iter().map(|provider| shown(emulator, provider)).collect(), false)
}

/// One provider; also the answer to its registration.
pub fn get(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let namespace = call.segments().get(3).copied().unwrap_or_default().to_owned();
    let found = PROVIDERS.iter().find(|provider| provider.namespace.eq_ignore_ascii_case(&namespace));
    found.map(|provider| Answer::json(200, shown(emulator, provider))).ok_or_else(|| {
        let kind = arm::ResourceType::new(format!("{namespace}/any"));
        crate::providers::unknown(&kind, &call.version_text())
    })
}

fn shown(emulator: &Emulator, provider: &Provider) -> Value {
    json!({
        "id": format!("/subscriptions/{}/providers/{}", emulator.config.seed.subscription_id, provider.namespace),
        "namespace": provider.namespace,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": provider.types.iter().map(|definition| resource_type(definition)).collect::<Vec<_>>(),
    })
}

fn resource_type(definition: &Definition) -> Value {
    let locations: Vec<&str> = match definition.scope {
        Scope::Any | Scope::Parent => Vec::new(),
        _ => LOCATIONS.iter().map(|(_, display_name)| *display_name).collect(),
    };
    let capabilities = match definition.tracking {
        Tracking::Tracked => "SupportsTags, SupportsLocation",
        Tracking::Proxy => "None",
    };
    json!({
        "resourceType": definition.name.split_once('/').map(|(_, kind)| kind),
        "locations": locations,
        "apiVersions": [definition.modelled],
        "defaultApiVersion": definition.modelled,
        "capabilities": capabilities,
    })
}
