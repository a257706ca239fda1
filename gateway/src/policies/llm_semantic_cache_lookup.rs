//! `llm-semantic-cache-lookup`: answers from the cache when a prompt means the same as one before. In inbound, at every
//! scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/llm-semantic-cache-lookup-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{
    Attribute, Child, Content, Definition, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES, Occurs,
    ValueKind,
};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-semantic-cache-lookup",
    summary: "Answers from the cache when a prompt means the same as one before.",
    sections: &[Section::Inbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::required(
            "score-threshold",
            "How near the meaning must be; less is nearer.",
            ValueKind::Number,
        ),
        Attribute::required("embeddings-backend-id", "The backend that makes vectors.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "embeddings-backend-auth",
            "How it is called.",
            ValueKind::OneOf(&["system-assigned", "header"]),
        )
        .or_else("system-assigned"),
        Attribute::optional(
            "ignore-system-messages",
            "Whether messages of the system count.",
            ValueKind::Text,
        )
        .or_expression()
        .or_else("false"),
        Attribute::optional("cache-id", "Which cache.", ValueKind::Text).or_expression(),
        Attribute::optional("max-message-count", "How many messages count.", ValueKind::Text).or_expression(),
    ],
    content: Content::Children(&[Child::new("vary-by", Occurs::Repeated, Content::Text)]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
