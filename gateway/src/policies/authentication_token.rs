//! `authentication-token`: gets a token for a request of its own. Only in `send-request` and in `wait`; undocumented,
//! and `authentication-managed-identity` took its place.
//! <https://learn.microsoft.com/azure/api-management/authentication-managed-identity-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{
    Attribute, Content, Definition, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES, ValueKind,
};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "authentication-token",
    summary: "Gets a token for a request of its own.",
    sections: &[],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::optional(
            "token-type",
            "Where the token comes from.",
            ValueKind::OneOf(&["managed-service-identity", "token-service"]),
        )
        .or_else("managed-service-identity"),
        Attribute::optional("token-service-url", "The token service.", ValueKind::Text),
        Attribute::optional("resource-url", "What the token is for.", ValueKind::Text),
        Attribute::optional("ignore-error", "Goes on without a token.", ValueKind::Boolean),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Refused("`authentication-managed-identity` took its place"),
    examples: &[],
    compile: refused,
};
