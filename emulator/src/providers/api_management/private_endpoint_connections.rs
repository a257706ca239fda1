//! Private endpoints that lead to a service:
//! <https://learn.microsoft.com/rest/api/apimanagement/private-endpoint-connection>.

use super::stored::STORED;
use crate::engine::{Answers, Definition, Example, Listing, StateShown, Verb, take};
use crate::providers::network::private_link;

/// The type. A connection begins at its private endpoint; here it can only be approved, rejected and removed.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/privateEndpointConnections",
    summary: "A private endpoint that leads to a service.",
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    answers: Answers { created: 200, ..STORED.answers },
    listing: Listing::Plain,
    state: StateShown::Properties,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/privateEndpointConnections/example-connection",
        body: r#"{"properties": {"privateLinkServiceConnectionState": {"status": "Rejected", "description": "no"}}}"#,
        patch: None,
        after: &["Microsoft.Network/privateEndpoints"],
    }],
    defaults: |draft| {
        private_link::complete_decision(draft);
        Ok(())
    },
    check: private_link::check_decision,
    // Which groups it leads to, the private endpoint says.
    view: |_, _, shown| drop(take(shown, &["properties", "groupIds"])),
    ..STORED
};
