//! `validate-parameters`: compares the parameters of requests with the API. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-parameters-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::shapes;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-parameters",
    summary: "Compares the parameters of requests with the API.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "specified-parameter-action",
            "What happens to wrong parameters that the API names.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::required(
            "unspecified-parameter-action",
            "What happens to parameters that it does not name.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[
        Child {
            attributes: &[SPECIFIED, UNSPECIFIED],
            ..Child::new("headers", Occurs::AtMostOnce, Content::Children(PARAMETERS))
        },
        Child {
            attributes: &[SPECIFIED, UNSPECIFIED],
            ..Child::new("query", Occurs::AtMostOnce, Content::Children(PARAMETERS))
        },
        Child {
            attributes: &[SPECIFIED],
            ..Child::new("path", Occurs::AtMostOnce, Content::Children(PARAMETERS))
        },
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};

const SPECIFIED: Attribute =
    Attribute::required("specified-parameter-action", "What happens to wrong ones.", shapes::ACTION)
        .or_expression();
const UNSPECIFIED: Attribute =
    Attribute::required("unspecified-parameter-action", "What happens to others.", shapes::ACTION)
        .or_expression();
const PARAMETERS: &[Child] = &[Child::empty(
    "parameter",
    Occurs::Repeated,
    &[
        Attribute::required("name", "The parameter.", ValueKind::Text).or_expression(),
        Attribute::required("action", "What happens to it.", shapes::ACTION).or_expression(),
    ],
)];
