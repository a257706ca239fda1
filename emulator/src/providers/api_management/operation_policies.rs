//! The policy of an operation: <https://learn.microsoft.com/rest/api/apimanagement/api-operation-policy>.

use super::policy::{EXAMPLE, POLICY};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/operations/policies",
    summary: "The policy of an operation.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/operations/get/policies/policy",
        body: EXAMPLE,
        patch: None,
        after: &[],
    }],
    ..POLICY
};
