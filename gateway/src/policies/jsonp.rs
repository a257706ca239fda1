//! `jsonp`: wraps a body of JSON into a call of JavaScript. In outbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/jsonp-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "jsonp",
    summary: "Wraps a body of JSON into a call of JavaScript.",
    sections: &[Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[Attribute::required(
        "callback-parameter-name",
        "The query parameter that names the function.",
        ValueKind::Text,
    )
    .or_expression()],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
