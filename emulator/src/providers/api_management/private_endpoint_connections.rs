//! Private endpoints that lead to a service:
//! <https://learn.microsoft.com/rest/api/apimanagement/private-endpoint-connection>.

use super::stored::STORED;
use crate::engine::{Answers, Definition, Example, Listing, StateShown, Verb};
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
    ..STORED
};
