//! `cache-lookup`: answers from the cache. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-lookup-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-lookup",
    summary: "Answers from the cache.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "vary-by-developer",
            "Whether each subscription has answers of its own.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::required(
            "vary-by-developer-groups",
            "Whether each group has answers of its own.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional(
            "downstream-caching-type",
            "What caches of clients may do.",
            ValueKind::OneOf(&["none", "private", "public"]),
        )
        .or_expression()
        .or_else("none"),
        Attribute::optional(
            "must-revalidate",
            "What clients are told about old answers.",
            ValueKind::Boolean,
        )
        .or_expression()
        .or_else("true"),
        Attribute::optional(
            "caching-type",
            "Which cache.",
            ValueKind::OneOf(&["prefer-external", "internal", "external"]),
        )
        .or_else("prefer-external"),
        Attribute::optional(
            "allow-private-response-caching",
            "Whether answers to requests with `Authorization` are cached.",
            ValueKind::Boolean,
        )
        .or_expression()
        .or_else("false"),
    ],
    content: Content::AnyOrder(&[
        Child::new("vary-by-header", Occurs::Repeated, Content::Text),
        Child::new("vary-by-query-parameter", Occurs::Repeated, Content::Text),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
