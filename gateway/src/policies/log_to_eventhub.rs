//! `log-to-eventhub`: sends a message to an event hub. In every section, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/log-to-eventhub-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{
    Attribute, Content, Definition, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES, ValueKind,
};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "log-to-eventhub",
    summary: "Sends a message to an event hub.",
    sections: &Section::ALL,
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::required("logger-id", "The logger.", ValueKind::Text).or_expression(),
        Attribute::optional("partition-key", "What leads to a partition.", ValueKind::Text).or_expression(),
        Attribute::optional("partition-id", "The partition.", ValueKind::Text).or_expression(),
    ],
    content: Content::Text,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
