//! `llm-emit-token-metric`: sends the tokens of a model's answer to Application Insights. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/llm-emit-token-metric-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-emit-token-metric",
    summary: "Sends the tokens of a model's answer to Application Insights.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("namespace", "Where the metrics belong.", ValueKind::Text).or_expression(),
        Attribute::optional("name", "The metric.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "value-type",
            "Which tokens.",
            ValueKind::OneOf(&["all", "total-tokens", "prompt-tokens", "completion-tokens"]),
        )
        .or_else("all"),
        Attribute::optional("ignore-prompt", "Leaves the prompt out.", ValueKind::Boolean).or_else("false"),
    ],
    content: Content::Children(&[shapes::DIMENSION]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
