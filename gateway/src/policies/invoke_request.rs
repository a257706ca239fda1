//! `invoke-request`: begins anew at another address of the gateway. In every section, at every scope; undocumented.
//! <https://learn.microsoft.com/azure/api-management/api-management-policies-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "invoke-request",
    summary: "Begins anew at another address of the gateway.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[Attribute::required("url", "Where to.", ValueKind::Text).or_expression()],
    content: Content::Children(&[Child::new("value", Occurs::Repeated, Content::Text)]),
    fidelity: Fidelity::Refused("it is undocumented"),
    examples: &[],
    compile: refused,
};
