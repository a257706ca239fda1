//! `authentication-token-store`: takes a token from a store for a request of its own. Only in `send-request`;
//! undocumented, and `get-authorization-context` took its place.
//! <https://learn.microsoft.com/azure/api-management/get-authorization-context-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{
    Attribute, Content, Definition, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES, ValueKind,
};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "authentication-token-store",
    summary: "Takes a token from a store for a request of its own.",
    sections: &[],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::optional("token-id", "The token.", ValueKind::Text),
        Attribute::optional("client-id", "The identity.", ValueKind::Text),
        Attribute::optional("output-token-variable-name", "The variable for the token.", ValueKind::Text),
        Attribute::optional("ignore-error", "Goes on without a token.", ValueKind::Boolean),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("`get-authorization-context` took its place"),
    examples: &[],
    compile: refused,
};
