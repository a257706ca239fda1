//! `validate-azure-ad-token`: lets only callers with a token of Microsoft Entra in. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-azure-ad-token",
    summary: "Lets only callers with a token of Microsoft Entra in.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional(
            "failed-validation-httpcode",
            "The status of the answer: 401 unless given.",
            ValueKind::Whole,
        )
        .or_expression(),
        Attribute::optional("failed-validation-error-message", "The message of the answer.", ValueKind::Text)
            .or_expression(),
        Attribute::required("tenant-id", "The tenant.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "header-name",
            "The header with the token: `Authorization` unless given.",
            ValueKind::Text,
        )
        .or_expression(),
        Attribute::optional("authentication-endpoint", "Where the tenant's keys are.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("require-scheme", "The scheme before the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("query-parameter-name", "The query parameter with the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("token-value", "The token.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "allow-protected-forwarded-tokens",
            "Whether such tokens count.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional(
            "allow-proof-of-possession-tokens",
            "Whether such tokens count.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional("output-token-variable-name", "The variable for the token.", ValueKind::NotEmpty),
    ],
    content: Content::AnyOrder(&[
        Child::new("backend-application-ids", Occurs::AtMostOnce, Content::Children(APPLICATIONS)),
        Child::new("client-application-ids", Occurs::AtMostOnce, Content::Children(APPLICATIONS)),
        Child::new(
            "audiences",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("audience", Occurs::AtLeastOnce, Content::Text)]),
        ),
        Child::new(
            "required-claims",
            Occurs::AtMostOnce,
            Content::Children(&[Child { occurs: Occurs::AtLeastOnce, ..shapes::CLAIM }]),
        ),
        Child::new(
            "decryption-keys",
            Occurs::AtMostOnce,
            Content::Children(&[Child::empty(
                "key",
                Occurs::AtLeastOnce,
                &[
                    Attribute::optional("id", "The key's name.", ValueKind::Text),
                    Attribute::required("certificate-id", "The certificate.", ValueKind::Text)
                        .or_expression(),
                ],
            )]),
        ),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};

const APPLICATIONS: &[Child] = &[Child::new("application-id", Occurs::AtLeastOnce, Content::Text)];
