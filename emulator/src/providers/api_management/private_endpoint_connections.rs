//! Private endpoints that lead to a service:
//! <https://learn.microsoft.com/rest/api/apimanagement/private-endpoint-connection>.
//!
//! **Differs from Azure:** the sandbox makes no private endpoints, so no connection asks for approval.

use super::stored::STORED;
use crate::engine::{Definition, Fidelity, Listing, Verb};

/// The type. A connection begins at its private endpoint; here it can only be approved, rejected and removed.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/privateEndpointConnections",
    summary: "A private endpoint that leads to a service.",
    verbs: &[Verb::Get, Verb::List, Verb::Delete],
    refused: &[Verb::Put],
    listing: Listing::Plain,
    fidelity: Fidelity::Approximate("there are no private endpoints, so there are none"),
    ..STORED
};
