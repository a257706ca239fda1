//! `redirect-content-urls`: puts the gateway's address where the body has the backend's. In inbound and outbound, at
//! every scope.
//! <https://learn.microsoft.com/azure/api-management/redirect-content-urls-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "redirect-content-urls",
    summary: "Puts the gateway's address where the body has the backend's.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
