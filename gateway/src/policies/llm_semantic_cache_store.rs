//! `llm-semantic-cache-store`: puts a model's answer into the cache, with the meaning of its prompt. In outbound, at
//! every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/llm-semantic-cache-store-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{
    Attribute, Content, Definition, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES, ValueKind,
};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-semantic-cache-store",
    summary: "Puts a model's answer into the cache, with the meaning of its prompt.",
    sections: &[Section::Outbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::required("duration", "Seconds to keep it.", ValueKind::Integer).or_expression(),
        Attribute::optional("cache-response", "Whether to keep it.", ValueKind::Boolean).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
