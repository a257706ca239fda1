//! Diagnostics of an API: <https://learn.microsoft.com/rest/api/apimanagement/api-diagnostic>.

use super::diagnostics::{DIAGNOSTIC, EXAMPLE};
use super::loggers;
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/diagnostics",
    summary: "What is logged of requests to an API.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/diagnostics/applicationinsights",
        body: EXAMPLE,
        patch: Some(r#"{"properties": {"logClientIp": true}}"#),
        after: &[loggers::DEFINITION.name],
    }],
    ..DIAGNOSTIC
};
