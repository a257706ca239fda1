//! `authentication-certificate`: shows a client certificate to the backend. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/authentication-certificate-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "authentication-certificate",
    summary: "Shows a client certificate to the backend.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("thumbprint", "The certificate by its thumbprint.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("certificate-id", "The certificate by its identifier.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("body", "The certificate itself.", ValueKind::Text).or_expression(),
        Attribute::optional("password", "The password of `body`.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
