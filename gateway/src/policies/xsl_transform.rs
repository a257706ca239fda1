//! `xsl-transform`: turns a body of XML into something else with a stylesheet. In inbound and outbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/xsl-transform-policy>
//!
//! **Differs from Azure:** checked, not executed. No schema of it is published.

use super::refused::refused;
use super::{Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "xsl-transform",
    summary: "Turns a body of XML into something else with a stylesheet.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Anything,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
