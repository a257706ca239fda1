//! Workspaces: <https://learn.microsoft.com/rest/api/apimanagement/workspace>.

use arm::ErrorResponse;
use serde_json::Value;

use super::stored::STORED;
use super::validation;
use crate::engine::{Definition, Draft, Example, set_default};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/workspaces",
    summary: "A part of a service that a team has for itself.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/workspaces/example-workspace",
        body: r#"{"properties": {"displayName": "Example"}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "description"], Value::Null);
        Ok(())
    },
    check,
    ..STORED
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 256)
}
