//! Private endpoints that lead to a private link service:
//! <https://learn.microsoft.com/rest/api/virtualnetwork/private-link-services/update-private-endpoint-connection>.

use super::private_link;
use crate::engine::{Answers, Definition, Example, StateShown, Verb, set};

/// The type. A connection begins at its private endpoint; here it can only be approved, rejected and removed.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateLinkServices/privateEndpointConnections",
    summary: "A private endpoint that leads to a private link service.",
    modelled: "2025-05-01",
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    answers: Answers { created: 200, ..Definition::CHILD.answers },
    state: StateShown::Properties,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateLinkServices/example-link-service/privateEndpointConnections/example-asking",
        body: r#"{"properties": {"privateLinkServiceConnectionState": {"status": "Approved", "description": "fine"}}}"#,
        patch: None,
        after: &["Microsoft.Network/privateEndpoints"],
    }],
    defaults: |draft| {
        private_link::complete_decision(draft);
        Ok(())
    },
    check: private_link::check_decision,
    view: |connection, _, shown| set(shown, &["etag"], format!("W/\"{}\"", connection.etag)),
    ..Definition::CHILD
};
