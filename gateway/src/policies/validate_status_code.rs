//! `validate-status-code`: compares the status of answers with the API. In outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-status-code-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-status-code",
    summary: "Compares the status of answers with the API.",
    sections: &[Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "unspecified-status-code-action",
            "What happens to a status that the API does not name.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[Child::empty(
        "status-code",
        Occurs::Repeated,
        &[
            Attribute::required("code", "The status.", ValueKind::Unsigned),
            Attribute::required("action", "What happens to it.", shapes::ACTION).or_expression(),
        ],
    )]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
