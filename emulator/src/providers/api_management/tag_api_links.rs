//! An API has a tag.
//! <https://learn.microsoft.com/rest/api/apimanagement/tag-api-link>

use super::named_links::{self, Joint, NAMED_LINK};
use super::{api_tags, apis};
use crate::engine::{Definition, Example};

const JOINT: Joint = Joint {
    property: "apiId",
    collection: "apis",
    plain: |tag, end| Some(end.child("tags", tag.name())),
    definition: &api_tags::DEFINITION,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/tags/apiLinks",
    summary: "An API has a tag.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/tags/example-tag/apiLinks/example-link",
        body: r#"{"properties": {"apiId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api"}}"#,
        patch: None,
        after: &[apis::DEFINITION.name],
    }],
    check: |draft| named_links::check(draft, &JOINT),
    provision: |draft| named_links::provision(draft, &JOINT),
    removed: |removal| named_links::removed(removal, &JOINT),
    ..NAMED_LINK
};
