//! `validate-client-certificate`: lets only callers with the right certificate in. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-client-certificate-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-client-certificate",
    summary: "Lets only callers with the right certificate in.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("validate-revocation", "Whether it must not be revoked.", ValueKind::Boolean),
        Attribute::optional("validate-trust", "Whether it must be trusted.", ValueKind::Boolean),
        Attribute::optional("validate-not-before", "Whether its time must have come.", ValueKind::Boolean),
        Attribute::optional("validate-not-after", "Whether its time must not be over.", ValueKind::Boolean),
        Attribute::optional("ignore-error", "Goes on with a wrong one.", ValueKind::Boolean),
    ],
    content: Content::Children(&[Child::new(
        "identities",
        Occurs::AtMostOnce,
        Content::Children(&[Child {
            attributes: &[
                part("thumbprint"),
                part("serial-number"),
                part("common-name"),
                part("subject"),
                part("dns-name"),
                part("issuer-subject"),
                part("issuer-thumbprint"),
                part("issuer-certificate-id"),
            ],
            ..Child::new("identity", Occurs::Between(1, 10), Content::Text)
        }]),
    )]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};

const fn part(name: &'static str) -> Attribute {
    Attribute::optional(name, "What this part of the certificate must be.", ValueKind::Text).or_expression()
}
