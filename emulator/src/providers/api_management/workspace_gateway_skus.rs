//! The tiers that a gateway of workspaces can be changed to:
//! <https://learn.microsoft.com/rest/api/apimanagement/api-management-gateway-skus>.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{stored::STORED, workspace_gateways};
use crate::engine::{Definition, Listing, Resource, Verb};

/// The type. A tier is no resource.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/gateways/skus",
    summary: "The tiers that a gateway of workspaces can be changed to.",
    verbs: &[Verb::List],
    listing: Listing::Plain,
    select: |_, definition, gateway| {
        let Some(gateway) = gateway else { return Vec::new() };
        let row = |(name, most): &(&str, u64)| {
            let body: Value = json!({
                "resourceType": workspace_gateways::DEFINITION.name,
                "sku": {"name": name},
                "capacity": {"minimum": 1, "maximum": most, "default": 1, "scaleType": "Automatic"},
            });
            Arc::new(Resource::new(gateway.child("skus", name), definition, body))
        };
        workspace_gateways::TIERS.iter().map(row).collect()
    },
    view: |tier, _, shown| *shown = tier.body.clone(),
    ..STORED
};
