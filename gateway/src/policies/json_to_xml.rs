//! `json-to-xml`: turns a body of JSON into XML. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/json-to-xml-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "json-to-xml",
    summary: "Turns a body of JSON into XML.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "apply",
            "Whether the media type counts.",
            ValueKind::OneOf(&["always", "content-type-json"]),
        )
        .or_expression(),
        Attribute::optional("consider-accept-header", "Whether `Accept` counts.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional(
            "parse-date",
            "Whether texts that look like dates are dates.",
            ValueKind::Boolean,
        ),
        Attribute::optional("attribute-block-name", "The property that holds attributes.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("attribute-prefix", "What attributes begin with.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("namespace-block-name", "The property that holds namespaces.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("namespace-separator", "What stands between prefix and name.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("namespace-prefix", "The property that declares a namespace.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "invalid-character-replacement",
            "What characters become that XML does not have.",
            ValueKind::Text,
        )
        .or_expression(),
        Attribute::optional("null-values", "What nulls become.", ValueKind::Text).or_expression(),
        Attribute::optional("trim-values", "Whether blanks around values go.", ValueKind::Boolean),
        Attribute::optional(
            "empty-values",
            "What empty values become.",
            ValueKind::OneOf(&["preserve", "as-null"]),
        )
        .or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
