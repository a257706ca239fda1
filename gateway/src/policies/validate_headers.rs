//! `validate-headers`: compares headers of answers with the API. In outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-headers-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-headers",
    summary: "Compares headers of answers with the API.",
    sections: &[Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "specified-header-action",
            "What happens to wrong headers that the API names.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::required(
            "unspecified-header-action",
            "What happens to headers that it does not name.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[Child::empty(
        "header",
        Occurs::Repeated,
        &[
            Attribute::required("name", "The header.", ValueKind::Text).or_expression(),
            Attribute::required("action", "What happens to it.", shapes::ACTION).or_expression(),
        ],
    )]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
