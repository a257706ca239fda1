//! `validate-graphql-request`: compares GraphQL requests with the schema and with rules. In inbound, at every scope but
//! operations.
//! <https://learn.microsoft.com/azure/api-management/validate-graphql-request-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, Fidelity, Occurs, ValueKind};
use crate::pipeline::{ScopeKind, Section};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-graphql-request",
    summary: "Compares GraphQL requests with the schema and with rules.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api],
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("error-variable-name", "The variable for what was found.", ValueKind::Text),
        Attribute::optional("max-depth", "How deep a query may be: 6 unless given.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("max-size", "How many bytes it may have.", ValueKind::Text).or_expression(),
        Attribute::optional("max-total-depth", "How deep all may be together.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("max-complexity", "How much it may ask for.", ValueKind::Text).or_expression(),
    ],
    content: Content::Children(&[Child::new(
        "authorize",
        Occurs::AtMostOnce,
        Content::Children(&[Child::empty(
            "rule",
            Occurs::Between(1, 100),
            &[
                Attribute::required("path", "The field or type.", ValueKind::Text).or_expression(),
                Attribute::optional(
                    "action",
                    "What happens to it.",
                    ValueKind::OneOf(&["allow", "reject", "remove", "ignore"]),
                )
                .or_expression()
                .or_else("allow"),
            ],
        )]),
    )]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
