//! An API has a tag. <https://learn.microsoft.com/rest/api/apimanagement/tag>.

use super::links::{self, LINK};
use crate::engine::{Definition, Example, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/tags",
    summary: "An API has a tag.",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/tags/example-tag",
        body: "",
        patch: None,
        after: &["Microsoft.ApiManagement/service/tags"],
    }],
    check: |draft| links::check(draft, "tags", "Tag"),
    view: |link, store, shown| links::view(link, store, "tags", shown),
    ..LINK
};
