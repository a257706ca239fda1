//! Subscriptions, tenants and locations: <https://learn.microsoft.com/rest/api/resources/subscriptions>.
//!
//! **Differs from Azure:** there is one tenant with one subscription.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, LOCATIONS, Store, authorization, page};

/// The subscriptions in which the caller may do anything at all.
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let scope = ResourceId::subscription(&emulator.config.seed.subscription_id);
    let seen = authorization::sees(&Store::read(&emulator.store), call.object_id(), &scope);
    page(call, if seen { vec![subscription(emulator)] } else { Vec::new() }, false)
}

/// The subscription.
pub fn get(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let id = emulator.config.seed.subscription_id.as_str();
    if authorization::sees(&Store::read(&emulator.store), call.object_id(), &ResourceId::subscription(id)) {
        Ok(Answer::json(200, subscription(emulator)))
    } else {
        // Azure does not tell strangers which subscriptions exist.
        Err(ErrorResponse::subscription_not_found(id))
    }
}

/// The tenant.
pub fn tenants(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let id = &emulator.config.seed.tenant_id;
    let tenant = json!({
        "id": format!("/tenants/{id}"),
        "tenantId": id,
        "displayName": "apimlab",
        "defaultDomain": crate::graph::DOMAIN,
        "domains": [crate::graph::DOMAIN],
        "tenantCategory": "Home",
        "tenantType": "AAD",
        "countryCode": "US",
    });
    page(call, vec![tenant], false)
}

/// The regions.
pub fn locations(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let subscription = &emulator.config.seed.subscription_id;
    let locations = LOCATIONS.iter().map(|(name, display_name)| {
        json!({
            "id": format!("/subscriptions/{subscription}/locations/{name}"),
            "name": name,
            "type": "Region",
            "displayName": display_name,
            "regionalDisplayName": display_name,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        })
    });
    page(call, locations.collect(), false)
}

fn subscription(emulator: &Emulator) -> Value {
    let seed = &emulator.config.seed;
    json!({
        "id": format!("/subscriptions/{}", seed.subscription_id),
        "subscriptionId": seed.subscription_id,
        "tenantId": seed.tenant_id,
        "displayName": "apimlab sandbox",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}
