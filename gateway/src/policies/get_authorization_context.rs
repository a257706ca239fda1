//! `get-authorization-context`: puts the token of a connection into a variable. In inbound, at every scope but
//! workspaces.
//! <https://learn.microsoft.com/azure/api-management/get-authorization-context-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Content, Definition, Fidelity, GatewayKind, NOT_IN_WORKSPACES, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "get-authorization-context",
    summary: "Puts the token of a connection into a variable.",
    sections: &[Section::Inbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::Consumption],
    attributes: &[
        Attribute::required("provider-id", "The provider.", ValueKind::Text).or_expression(),
        Attribute::required("authorization-id", "The connection.", ValueKind::Text).or_expression(),
        Attribute::optional("identity-type", "Whose access is checked.", ValueKind::Text)
            .or_expression()
            .or_else("managed"),
        Attribute::optional("identity", "The token of that identity.", ValueKind::Text)
            .or_expression()
            .or_else(""),
        Attribute::required("context-variable-name", "The variable for the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("ignore-error", "Goes on without a token.", ValueKind::Boolean)
            .or_expression()
            .or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
