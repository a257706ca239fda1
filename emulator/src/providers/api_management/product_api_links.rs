//! APIs of a product, by links with names: <https://learn.microsoft.com/rest/api/apimanagement/product-api-link>.

use super::named_links::{self, Joint, NAMED_LINK};
use super::{apis, product_apis};
use crate::engine::{Definition, Example, Model};

const JOINT: Joint = Joint {
    property: "apiId",
    collection: "apis",
    plain: |product, api| Some(product.child("apis", api.name())),
    definition: &product_apis::DEFINITION,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products/apiLinks",
    summary: "An API is part of a product.",
    feeds: &[Model::ApiManagement],
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product/apiLinks/example-link",
        body: r#"{"properties": {"apiId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api"}}"#,
        patch: None,
        after: &[apis::DEFINITION.name],
    }],
    check: |draft| named_links::check(draft, &JOINT),
    provision: |draft| named_links::provision(draft, &JOINT),
    removed: |removal| named_links::removed(removal, &JOINT),
    ..NAMED_LINK
};
