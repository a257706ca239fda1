//! `send-service-bus-message`: sends a message to a queue or a topic of Azure Service Bus. In inbound, outbound and on-
//! error, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/send-service-bus-message-policy>
//!
//! **Differs from Azure:** checked, not executed. No schema of it is published; the attributes are those of the documentation.

use super::refused::refused;
use super::{
    Attribute, Child, Content, Definition, Fidelity, GatewayKind, NOT_IN_WORKSPACES, Occurs, ValueKind,
};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "send-service-bus-message",
    summary: "Sends a message to a queue or a topic of Azure Service Bus.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::Classic],
    attributes: &[
        Attribute::optional("queue-name", "The queue.", ValueKind::Text).or_expression(),
        Attribute::optional("topic-name", "The topic.", ValueKind::Text).or_expression(),
        Attribute::optional("namespace", "The namespace.", ValueKind::Text).or_expression(),
        Attribute::optional("client-id", "The user-assigned identity.", ValueKind::Text).or_expression(),
    ],
    content: Content::AnyOrder(&[
        Child::new(
            "message-properties",
            Occurs::AtMostOnce,
            Content::Children(&[Child {
                attributes: &[Attribute::required("name", "The property.", ValueKind::Text).or_expression()],
                ..Child::new("message-property", Occurs::Repeated, Content::Text)
            }]),
        ),
        Child::new("payload", Occurs::AtMostOnce, Content::Text),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
