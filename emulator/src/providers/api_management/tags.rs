//! Tags: <https://learn.microsoft.com/rest/api/apimanagement/tag>.

use super::{api_tags, links, operation_tags, product_tags, validation};
use crate::engine::{Definition, Example, Fidelity, Listing, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/tags",
    summary: "A word that APIs, operations and products are found by.",
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/tags/example-tag",
        body: r#"{"properties": {"displayName": "Example"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    check: |draft| validation::required(draft, "displayName", 160),
    removed: |removal| {
        let links = [&api_tags::DEFINITION, &operation_tags::DEFINITION, &product_tags::DEFINITION];
        links::remove_to(removal, &links);
    },
    ..Definition::CHILD
};
