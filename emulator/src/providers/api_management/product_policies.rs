//! The policy of a product: <https://learn.microsoft.com/rest/api/apimanagement/product-policy>.

use super::policy::{EXAMPLE, POLICY};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products/policies",
    summary: "The policy of a product.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product/policies/policy",
        body: EXAMPLE,
        patch: None,
        after: &[],
    }],
    ..POLICY
};
