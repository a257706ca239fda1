//! The policy of all APIs of a service: <https://learn.microsoft.com/rest/api/apimanagement/policy>.

use super::policy::{EXAMPLE, POLICY};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/policies",
    summary: "The policy of all APIs of a service.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/policies/policy",
        body: EXAMPLE,
        patch: None,
        after: &[],
    }],
    ..POLICY
};
