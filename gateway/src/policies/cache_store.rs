//! `cache-store`: puts the answer into the cache. In outbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-store-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-store",
    summary: "Puts the answer into the cache.",
    sections: &[Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("duration", "Seconds to keep it.", ValueKind::Integer).or_expression(),
        Attribute::optional("cache-response", "Whether to keep it.", ValueKind::Boolean).or_expression(),
        Attribute::optional(
            "caching-mode",
            "What to do with an answer that is there already.",
            ValueKind::Text,
        ),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
