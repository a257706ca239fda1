//! Links between workspaces and gateways: <https://learn.microsoft.com/rest/api/apimanagement/workspace-links>.
//!
//! **Differs from Azure:** there are no workspaces, so there are no links.

use super::stored::STORED;
use crate::engine::{Definition, Fidelity, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/workspaceLinks",
    summary: "Which gateways serve a workspace.",
    verbs: &[Verb::Get, Verb::List],
    fidelity: Fidelity::Approximate("there are no workspaces, so there are none"),
    ..STORED
};
