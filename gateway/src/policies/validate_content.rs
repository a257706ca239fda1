//! `validate-content`: compares bodies with schemas. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-content-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-content",
    summary: "Compares bodies with schemas.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "unspecified-content-type-action",
            "What happens to media types that are not named.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::required("max-size", "How many bytes are looked at.", ValueKind::Unsigned).or_expression(),
        Attribute::required("size-exceeded-action", "What happens to larger bodies.", shapes::ACTION)
            .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[
        Child {
            attributes: &[
                Attribute::optional(
                    "any-content-type-value",
                    "What every media type counts as.",
                    ValueKind::Text,
                )
                .or_expression(),
                Attribute::optional(
                    "missing-content-type-value",
                    "What no media type counts as.",
                    ValueKind::Text,
                )
                .or_expression(),
            ],
            ..Child::new(
                "content-type-map",
                Occurs::AtMostOnce,
                Content::Children(&[Child::empty(
                    "type",
                    Occurs::Repeated,
                    &[
                        Attribute::optional("from", "The media type.", ValueKind::Text).or_expression(),
                        Attribute::optional("when", "Whether this counts.", ValueKind::Boolean)
                            .or_expression(),
                        Attribute::required("to", "What it counts as.", ValueKind::Text).or_expression(),
                    ],
                )]),
            )
        },
        Child::empty(
            "content",
            Occurs::Repeated,
            &[
                Attribute::required(
                    "validate-as",
                    "What the body is.",
                    ValueKind::OneOf(&["json", "xml", "soap"]),
                ),
                Attribute::optional("type", "The media type.", ValueKind::Text).or_expression(),
                Attribute::required("action", "What happens to wrong bodies.", shapes::ACTION)
                    .or_expression(),
                Attribute::optional("schema-id", "The schema.", ValueKind::Text).or_expression(),
                Attribute::optional("schema-ref", "The part of the schema.", ValueKind::Text).or_expression(),
                Attribute::optional(
                    "allow-additional-properties",
                    "Whether others may be there.",
                    ValueKind::Boolean,
                ),
                Attribute::optional(
                    "case-insensitive-property-names",
                    "Whether case counts.",
                    ValueKind::Boolean,
                ),
            ],
        ),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
