//! `llm-token-limit`: turns requests away when a key used too many tokens of a model. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/llm-token-limit-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERYWHERE, Fidelity, NOT_IN_CONSUMPTION, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-token-limit",
    summary: "Turns requests away when a key used too many tokens of a model.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: NOT_IN_CONSUMPTION,
    attributes: &[
        Attribute::optional("tokens-per-minute", "How many tokens a minute.", ValueKind::Integer)
            .or_expression(),
        Attribute::optional("token-quota", "How many tokens a period.", ValueKind::Long).or_expression(),
        Attribute::optional(
            "token-quota-period",
            "The period.",
            ValueKind::OneOf(&["Indefinite", "Hourly", "Daily", "Weekly", "Monthly", "Yearly"]),
        )
        .or_else("Indefinite"),
        Attribute::required("counter-key", "What is counted.", ValueKind::Text).or_expression(),
        Attribute::required(
            "estimate-prompt-tokens",
            "Whether prompts are counted before the model does.",
            ValueKind::Boolean,
        ),
        Attribute::optional(
            "prompt-type",
            "What the request is.",
            ValueKind::OneOf(&["auto", "chat-completion", "completion", "embeddings"]),
        )
        .or_else("auto"),
        Attribute::optional(
            "retry-after-header-name",
            "The header for the seconds to wait.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "retry-after-variable-name",
            "The variable for the seconds to wait.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-tokens-header-name",
            "The header for the tokens that are left.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-tokens-variable-name",
            "The variable for the tokens that are left.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-quota-tokens-header-name",
            "The header for the tokens that are left of the period.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-quota-tokens-variable-name",
            "The variable for the tokens that are left of the period.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "tokens-consumed-header-name",
            "The header for the tokens that were used.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "tokens-consumed-variable-name",
            "The variable for the tokens that were used.",
            ValueKind::Text,
        ),
        Attribute::optional("ignore-prompt", "Leaves the prompt out.", ValueKind::Boolean).or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
