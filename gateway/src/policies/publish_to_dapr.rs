//! `publish-to-dapr`: publishes a message through Dapr. In inbound, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/publish-to-dapr-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, Fidelity, GatewayKind, NOT_IN_WORKSPACES, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "publish-to-dapr",
    summary: "Publishes a message through Dapr.",
    sections: &[Section::Inbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::SelfHosted],
    attributes: &[
        Attribute::optional("pubsub-name", "The component.", ValueKind::Text).or_expression(),
        Attribute::required("topic", "The topic.", ValueKind::Text).or_expression(),
        Attribute::optional("template", "How the message is made.", ValueKind::OneOf(&["liquid"])),
        Attribute::optional("response-variable-name", "The variable for the answer.", ValueKind::Text),
        Attribute::optional("timeout", "Seconds to wait: 5 unless given.", ValueKind::Integer)
            .or_expression(),
        Attribute::optional("ignore-error", "Goes on after a failure.", ValueKind::Boolean),
        Attribute::optional(
            "content-type",
            "The media type of the message.",
            ValueKind::OneOf(&["application/json"]),
        ),
    ],
    content: Content::Anything,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
