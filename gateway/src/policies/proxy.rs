//! `proxy`: reaches the backend through an HTTP proxy. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/proxy-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "proxy",
    summary: "Reaches the backend through an HTTP proxy.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("url", "The proxy.", ValueKind::Text).or_expression(),
        Attribute::optional("username", "The user name.", ValueKind::Text).or_expression(),
        Attribute::optional("password", "The password.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
