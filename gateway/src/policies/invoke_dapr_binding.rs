//! `invoke-dapr-binding`: calls a binding of Dapr. In inbound, outbound and on-error, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/invoke-dapr-binding-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{
    Attribute, Child, Content, Definition, Fidelity, GatewayKind, NOT_IN_WORKSPACES, Occurs, ValueKind,
};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "invoke-dapr-binding",
    summary: "Calls a binding of Dapr.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::SelfHosted],
    attributes: &[
        Attribute::required("name", "The binding.", ValueKind::Text).or_expression(),
        Attribute::optional("template", "How the data are made.", ValueKind::OneOf(&["liquid"])),
        Attribute::optional("response-variable-name", "The variable for the answer.", ValueKind::Text),
        Attribute::optional("operation", "What the binding shall do.", ValueKind::Text)
            .or_expression()
            .or_else("create"),
        Attribute::optional("timeout", "Seconds to wait: 5 unless given.", ValueKind::Integer)
            .or_expression(),
        Attribute::optional("ignore-error", "Goes on after a failure.", ValueKind::Boolean),
        Attribute::optional("content-type", "The media type of the data.", ValueKind::Text),
    ],
    content: Content::WithText(&Content::Children(&[
        Child::new(
            "metadata",
            Occurs::AtMostOnce,
            Content::Children(&[Child {
                attributes: &[Attribute::required("key", "The property.", ValueKind::Text).or_expression()],
                ..Child::new("item", Occurs::Repeated, Content::Text)
            }]),
        ),
        Child::new("data", Occurs::AtMostOnce, Content::Anything),
    ])),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
