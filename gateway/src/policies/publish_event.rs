//! `publish-event`: publishes an event to subscriptions of a GraphQL API. In resolvers of GraphQL APIs.
//! <https://learn.microsoft.com/azure/api-management/publish-event-policy>
//!
//! **Differs from Azure:** checked, not executed: nobody can subscribe, because that needs GraphQL over WebSocket.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, Fidelity, GatewayKind, Occurs, ValueKind};
use crate::pipeline::ScopeKind;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "publish-event",
    summary: "Publishes an event to subscriptions of a GraphQL API.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::Consumption],
    attributes: &[],
    content: Content::Children(&[Child::new(
        "targets",
        Occurs::Once,
        Content::Children(&[Child::empty(
            "graphql-subscription",
            Occurs::AtLeastOnce,
            &[Attribute::required("id", "The subscription.", ValueKind::Text)],
        )]),
    )]),
    fidelity: Fidelity::Refused(
        "subscriptions need the protocol of GraphQL over WebSocket, which its gateway does not speak",
    ),
    examples: &[],
    compile: refused,
};
