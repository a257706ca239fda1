//! A group sees a product. <https://learn.microsoft.com/rest/api/apimanagement/product-group>.

use super::links::{self, LINK};
use crate::engine::{Definition, Example, Fidelity, Model};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products/groups",
    summary: "A group sees a product.",
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("only expressions of policies see it: there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product/groups/developers",
        body: "",
        patch: None,
        after: &["Microsoft.ApiManagement/service/groups"],
    }],
    check: |draft| links::check(draft, "groups", "Group"),
    view: |link, store, shown| links::view(link, store, "groups", shown),
    ..LINK
};
