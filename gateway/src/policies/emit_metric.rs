//! `emit-metric`: sends a metric to Application Insights. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/emit-metric-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "emit-metric",
    summary: "Sends a metric to Application Insights.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional(
            "default-dimensions",
            "Whether the dimensions that all metrics have are added.",
            ValueKind::Boolean,
        ),
        Attribute::required("name", "The metric.", ValueKind::Text).or_expression(),
        Attribute::optional("namespace", "Where it belongs.", ValueKind::Text).or_expression(),
        Attribute::optional("value", "The value: 1 unless given.", ValueKind::Number).or_expression(),
    ],
    content: Content::Children(&[shapes::DIMENSION]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
