//! `validate-odata-request`: compares requests of `OData` with the schema. In inbound, at every scope but operations.
//! <https://learn.microsoft.com/azure/api-management/validate-odata-request-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, Fidelity, ValueKind};
use crate::pipeline::{ScopeKind, Section};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-odata-request",
    summary: "Compares OData requests with the schema.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api],
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("error-variable-name", "The variable for what was found.", ValueKind::Text),
        Attribute::optional(
            "default-odata-version",
            "The version if none is named: 4.0 unless given.",
            ValueKind::Text,
        )
        .or_expression(),
        Attribute::optional("min-odata-version", "The oldest version.", ValueKind::Text).or_expression(),
        Attribute::optional("max-odata-version", "The newest version.", ValueKind::Text).or_expression(),
        Attribute::optional("max-size", "How many bytes it may have.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
