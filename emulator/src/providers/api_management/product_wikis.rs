//! The wiki of a product: <https://learn.microsoft.com/rest/api/apimanagement/product-wiki>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that would render it.

use super::wiki::{AFTER, EXAMPLE, WIKI};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products/wikis",
    summary: "The documentation of a product.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product/wikis/default",
        body: EXAMPLE,
        patch: Some(r#"{"properties": {"documents": []}}"#),
        after: AFTER,
    }],
    ..WIKI
};
