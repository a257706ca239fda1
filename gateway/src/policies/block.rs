//! `block`: holds policies together. In every section, at every scope; undocumented.
//! <https://learn.microsoft.com/azure/api-management/api-management-policies-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "block",
    summary: "Holds policies together.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Policies,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
