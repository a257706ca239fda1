//! The wiki of an API: <https://learn.microsoft.com/rest/api/apimanagement/api-wiki>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that would render it.

use super::wiki::{AFTER, EXAMPLE, WIKI};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/wikis",
    summary: "The documentation of an API.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/wikis/default",
        body: EXAMPLE,
        patch: Some(r#"{"properties": {"documents": []}}"#),
        after: AFTER,
    }],
    ..WIKI
};
