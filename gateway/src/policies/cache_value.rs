//! `cache-value`: takes a value from the cache, or computes it and puts it there. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-value-policy>
//!
//! **Differs from Azure:** checked, not executed. No schema of it is published; the attributes are those of the policy toolkit.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-value",
    summary: "Takes a value from the cache, or computes it and puts it there.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("key", "The key.", ValueKind::Text).or_expression(),
        Attribute::required("variable-name", "The variable for the value.", ValueKind::Text),
        Attribute::optional("expires-after", "Seconds to keep it.", ValueKind::Integer).or_expression(),
        Attribute::optional(
            "refresh-after",
            "Seconds after which it is computed anew in time.",
            ValueKind::Integer,
        )
        .or_expression(),
        Attribute::optional("default-value", "The value if there is none.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "caching-type",
            "Which cache.",
            ValueKind::OneOf(&["prefer-external", "internal", "external"]),
        )
        .or_else("prefer-external"),
    ],
    content: Content::Policies,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
