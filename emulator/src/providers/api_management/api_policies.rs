//! The policy of an API: <https://learn.microsoft.com/rest/api/apimanagement/api-policy>.

use super::policy::{EXAMPLE, POLICY};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/policies",
    summary: "The policy of an API.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/policies/policy",
        body: EXAMPLE,
        patch: None,
        after: &[],
    }],
    ..POLICY
};
