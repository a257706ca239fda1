//! Groups of a product, by links with names: <https://learn.microsoft.com/rest/api/apimanagement/product-group-link>.

use super::named_links::{self, Joint, NAMED_LINK};
use super::product_groups;
use crate::engine::{Definition, Example, Model};

const JOINT: Joint = Joint {
    property: "groupId",
    collection: "groups",
    plain: |product, group| Some(product.child("groups", group.name())),
    definition: &product_groups::DEFINITION,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products/groupLinks",
    summary: "A group sees a product.",
    feeds: &[Model::ApiManagement],
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product/groupLinks/example-link",
        body: r#"{"properties": {"groupId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/groups/developers"}}"#,
        patch: None,
        after: &[],
    }],
    check: |draft| named_links::check(draft, &JOINT),
    provision: |draft| named_links::provision(draft, &JOINT),
    removed: |removal| named_links::removed(removal, &JOINT),
    ..NAMED_LINK
};
