//! `validate-jwt`: lets only callers with a valid token in. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-jwt-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-jwt",
    summary: "Lets only callers with a valid token in.",
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
        Attribute::optional("header-name", "The header with the token.", ValueKind::Text).or_expression(),
        Attribute::optional("require-scheme", "The scheme before the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("query-parameter-name", "The query parameter with the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("token-value", "The token.", ValueKind::Text).or_expression(),
        Attribute::optional("clock-skew", "Seconds by which clocks may differ.", ValueKind::Whole)
            .or_expression(),
        Attribute::optional("require-expiration-time", "Whether tokens must end.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional("require-signed-tokens", "Whether tokens must be signed.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional("output-token-variable-name", "The variable for the token.", ValueKind::NotEmpty),
    ],
    content: Content::Children(&[
        Child::empty(
            "openid-config",
            Occurs::Repeated,
            &[
                Attribute::required("url", "Where keys and issuer are published.", ValueKind::Text)
                    .or_expression(),
                Attribute::optional("host", "The host to ask for.", ValueKind::Text).or_expression(),
                Attribute::optional(
                    "validate-connectivity",
                    "Whether it must be there when this is saved.",
                    ValueKind::Boolean,
                ),
            ],
        ),
        Child::new(
            "issuer-signing-tokens",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("token", Occurs::Repeated, Content::Text)]),
        ),
        Child::new(
            "issuer-signing-keys",
            Occurs::AtMostOnce,
            Content::AnyOrder(&[
                Child {
                    attributes: &[
                        key_attribute("id"),
                        key_attribute("certificate-id"),
                        key_attribute("n"),
                        key_attribute("e"),
                    ],
                    ..Child::new("key", Occurs::Repeated, Content::Text)
                },
                Child {
                    attributes: &[key_attribute("id")],
                    ..Child::new("zumo-master-key", Occurs::Repeated, Content::Text)
                },
            ]),
        ),
        Child::new(
            "decryption-keys",
            Occurs::AtMostOnce,
            Content::Children(&[Child {
                attributes: &[key_attribute("id"), key_attribute("certificate-id")],
                ..Child::new("key", Occurs::AtLeastOnce, Content::Text)
            }]),
        ),
        Child::new(
            "audiences",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("audience", Occurs::Repeated, Content::Text)]),
        ),
        Child::new(
            "issuers",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("issuer", Occurs::Repeated, Content::Text)]),
        ),
        Child::new("required-claims", Occurs::AtMostOnce, Content::Children(&[shapes::CLAIM])),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};

const fn key_attribute(name: &'static str) -> Attribute {
    Attribute::optional(name, "A part of the key.", ValueKind::Text).or_expression()
}
