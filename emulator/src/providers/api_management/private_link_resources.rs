//! What of a service can be reached through private endpoints:
//! <https://learn.microsoft.com/rest/api/apimanagement/private-endpoint-connection/list-private-link-resources>.

use serde_json::json;

use super::stored::{self, STORED};
use crate::engine::{Definition, Listing, Names, Verb};

const GATEWAY: &str = "Gateway";

/// The type: the gateway, nothing else.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/privateLinkResources",
    summary: "What of a service can be reached through private endpoints.",
    names: Names::Fixed(&[GATEWAY]),
    verbs: &[Verb::Get, Verb::List],
    listing: Listing::Plain,
    find: |store, id| {
        stored::always((store, id), &DEFINITION, |_| {
            json!({"properties": {
                "groupId": GATEWAY, "requiredMembers": [GATEWAY],
                "requiredZoneNames": ["privateLink.azure-api.net"],
            }})
        })
    },
    select: stored::all,
    ..STORED
};
