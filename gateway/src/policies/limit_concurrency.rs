//! `limit-concurrency`: lets only so many requests in at a time. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/limit-concurrency-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "limit-concurrency",
    summary: "Lets only so many requests in at a time.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("key", "What is counted.", ValueKind::Text).or_expression(),
        Attribute::required("max-count", "How many may be in it.", ValueKind::Integer),
    ],
    content: Content::Policies,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
