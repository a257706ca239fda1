//! `llm-content-safety`: has Azure AI Content Safety look at prompts and answers. In inbound and outbound, at every
//! scope but operations.
//! <https://learn.microsoft.com/azure/api-management/llm-content-safety-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, Fidelity, Occurs, ValueKind};
use crate::pipeline::{ScopeKind, Section};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "llm-content-safety",
    summary: "Has Azure AI Content Safety look at prompts and answers.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api],
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("backend-id", "The backend of the service.", ValueKind::Text).or_expression(),
        Attribute::optional("shield-prompt", "Whether attacks are looked for.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "enforce-on-completions",
            "Whether answers are looked at too.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional(
            "window-size",
            "How many characters of a stream are looked at together.",
            ValueKind::Integer,
        )
        .or_expression(),
        Attribute::optional(
            "window-overlap-size",
            "How many of them are looked at twice.",
            ValueKind::Integer,
        )
        .or_expression(),
    ],
    content: Content::AnyOrder(&[
        Child {
            attributes: &[Attribute::optional(
                "output-type",
                "How fine the levels are.",
                ValueKind::OneOf(&["FourSeverityLevels", "EightSeverityLevels"]),
            )
            .or_expression()],
            ..Child::new(
                "categories",
                Occurs::AtMostOnce,
                Content::Children(&[Child::empty(
                    "category",
                    Occurs::AtLeastOnce,
                    &[
                        Attribute::required(
                            "name",
                            "The category.",
                            ValueKind::OneOf(&["Hate", "SelfHarm", "Sexual", "Violence"]),
                        )
                        .or_expression(),
                        Attribute::required("threshold", "The level that is too much.", ValueKind::Integer)
                            .or_expression(),
                    ],
                )]),
            )
        },
        Child::new(
            "blocklists",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("id", Occurs::AtLeastOnce, Content::Text)]),
        ),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
