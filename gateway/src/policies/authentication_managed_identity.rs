//! `authentication-managed-identity`: gets a token of the service's identity, for the backend or for a variable. In
//! inbound and outbound, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/authentication-managed-identity-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{
    Attribute, Content, Definition, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES, ValueKind,
};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "authentication-managed-identity",
    summary: "Gets a token of the service's identity, for the backend or for a variable.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::optional("resource", "The application that the token is for.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("client-id", "The user-assigned identity.", ValueKind::Text).or_expression(),
        Attribute::optional("output-token-variable-name", "The variable for the token.", ValueKind::Text),
        Attribute::optional("ignore-error", "Goes on without a token.", ValueKind::Boolean).or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
