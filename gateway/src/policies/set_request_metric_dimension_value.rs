//! `set-request-metric-dimension-value`: gives a dimension of the request's metrics a value. In every section, at every
//! scope; undocumented.
//! <https://learn.microsoft.com/azure/api-management/api-management-policies-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-request-metric-dimension-value",
    summary: "Gives a dimension of the request's metrics a value.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("name", "The dimension.", ValueKind::Text).or_expression(),
        Attribute::required("value", "Its value.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is undocumented"),
    examples: &[],
    compile: refused,
};
