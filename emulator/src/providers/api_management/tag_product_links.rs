//! A product has a tag.
//! <https://learn.microsoft.com/rest/api/apimanagement/tag-product-link>

use super::named_links::{self, Joint, NAMED_LINK};
use super::{product_tags, products};
use crate::engine::{Definition, Example};

const JOINT: Joint = Joint {
    property: "productId",
    collection: "products",
    plain: |tag, end| Some(end.child("tags", tag.name())),
    definition: &product_tags::DEFINITION,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/tags/productLinks",
    summary: "A product has a tag.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/tags/example-tag/productLinks/example-link",
        body: r#"{"properties": {"productId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product"}}"#,
        patch: None,
        after: &[products::DEFINITION.name],
    }],
    check: |draft| named_links::check(draft, &JOINT),
    provision: |draft| named_links::provision(draft, &JOINT),
    removed: |removal| named_links::removed(removal, &JOINT),
    ..NAMED_LINK
};
