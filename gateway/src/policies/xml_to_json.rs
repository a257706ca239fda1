//! `xml-to-json`: turns a body of XML into JSON. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/xml-to-json-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "xml-to-json",
    summary: "Turns a body of XML into JSON.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "kind",
            "What the JSON looks like.",
            ValueKind::OneOf(&["javascript-friendly", "direct"]),
        )
        .or_expression(),
        Attribute::required(
            "apply",
            "Whether the media type counts.",
            ValueKind::OneOf(&["always", "content-type-xml"]),
        )
        .or_expression(),
        Attribute::optional("consider-accept-header", "Whether `Accept` counts.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional(
            "preserve-whitespace-nodes",
            "Whether blanks between elements stay.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional(
            "empty-values",
            "What empty elements become.",
            ValueKind::OneOf(&["preserve", "as-null"]),
        )
        .or_expression(),
        Attribute::optional("trim-values", "Whether blanks around values go.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional(
            "always-array-child-elements",
            "Whether all children are in arrays.",
            ValueKind::Boolean,
        )
        .or_expression()
        .or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
