//! An operation has a tag.
//! <https://learn.microsoft.com/rest/api/apimanagement/tag-operation-link>

use super::named_links::{self, Joint, NAMED_LINK};
use super::{api_operations, apis, operation_tags};
use crate::engine::{Definition, Example};

const JOINT: Joint = Joint {
    property: "operationId",
    collection: "apis",
    plain: |tag, end| Some(end.child("tags", tag.name())),
    definition: &operation_tags::DEFINITION,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/tags/operationLinks",
    summary: "An operation has a tag.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/tags/example-tag/operationLinks/example-link",
        body: r#"{"properties": {"operationId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/operations/get"}}"#,
        patch: None,
        after: &[apis::DEFINITION.name, api_operations::DEFINITION.name],
    }],
    check: |draft| named_links::check(draft, &JOINT),
    provision: |draft| named_links::provision(draft, &JOINT),
    removed: |removal| named_links::removed(removal, &JOINT),
    ..NAMED_LINK
};
