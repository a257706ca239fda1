//! The tiers that a service can be changed to:
//! <https://learn.microsoft.com/rest/api/apimanagement/api-management-service-skus>.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{service, stored::STORED};
use crate::engine::{Definition, Listing, Resource, Verb};

/// The type. A tier is no resource.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/skus",
    summary: "The tiers that a service can be changed to.",
    verbs: &[Verb::List],
    listing: Listing::Plain,
    select: |_, definition, service| {
        let Some(service) = service else { return Vec::new() };
        let row = |(name, most): &(&str, u64)| {
            let body = json!({
                "resourceType": service::DEFINITION.name,
                "sku": {"name": name},
                "capacity": capacity(name, *most),
            });
            Arc::new(Resource::new(service.child("skus", name), definition, body))
        };
        service::TIERS.iter().map(row).collect()
    },
    view: |tier, _, shown| *shown = tier.body.clone(),
    ..STORED
};

/// How many units a tier has.
pub fn capacity(tier: &str, most: u64) -> Value {
    match (tier, most) {
        ("Consumption", _) => json!({"minimum": 0, "maximum": 0, "default": 0, "scaleType": "none"}),
        ("Developer", _) => json!({"minimum": 1, "maximum": 1, "default": 1, "scaleType": "none"}),
        _ => json!({"minimum": 1, "maximum": most, "default": 1, "scaleType": "automatic"}),
    }
}
