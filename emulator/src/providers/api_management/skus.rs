//! The tiers that there are: <https://learn.microsoft.com/rest/api/apimanagement/api-management-skus/list>.
//!
//! **Differs from Azure:** every tier is in every region, without zones and restrictions.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{service, service_skus};
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, LOCATIONS, page};

/// `GET …/skus`
pub fn list(_: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let regions: Vec<&str> = LOCATIONS.iter().map(|(name, _)| *name).collect();
    let infos: Vec<Value> =
        regions.iter().map(|region| json!({"location": region, "zones": [], "zoneDetails": []})).collect();
    let row = |(name, most): &(&str, u64)| {
        json!({
            "resourceType": "service", "name": name, "tier": name,
            "capacity": service_skus::capacity(name, *most),
            "locations": regions, "locationInfo": infos,
            "apiVersions": [], "costs": [], "capabilities": [], "restrictions": [],
        })
    };
    page(call, service::TIERS.iter().map(row).collect(), false)
}
