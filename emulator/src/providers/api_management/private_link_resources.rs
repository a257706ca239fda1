//! What of a service can be reached through private endpoints:
//! <https://learn.microsoft.com/rest/api/apimanagement/private-endpoint-connection/list-private-link-resources>.

use std::sync::Arc;

use serde_json::json;

use super::stored::STORED;
use crate::engine::{Definition, Listing, Names, Resource, Verb};

const GATEWAY: &str = "Gateway";

/// The type: the gateway, nothing else.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/privateLinkResources",
    summary: "What of a service can be reached through private endpoints.",
    names: Names::Fixed(&[GATEWAY]),
    verbs: &[Verb::Get, Verb::List],
    listing: Listing::Plain,
    find: |store, id| {
        store.get(&id.parent()?)?;
        let body = json!({"properties": {
            "groupId": GATEWAY, "requiredMembers": [GATEWAY],
            "requiredZoneNames": ["privateLink.azure-api.net"],
        }});
        id.name()
            .eq_ignore_ascii_case(GATEWAY)
            .then(|| Arc::new(Resource::new(id.clone(), &DEFINITION, body)))
    },
    select: |store, definition, service| {
        let id = service.map(|service| service.child("privateLinkResources", GATEWAY));
        id.and_then(|id| (definition.find)(store, &id)).into_iter().collect()
    },
    ..STORED
};
