//! Attachments of an issue: <https://learn.microsoft.com/rest/api/apimanagement/api-issue-attachment>.
//!
//! **Differs from Azure:** the content is shown as it was sent; there it becomes a link to a store of blobs.

use super::stored::STORED;
use super::{users, validation};
use crate::engine::{Definition, Example, Fidelity, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/issues/attachments",
    summary: "A file that shows what an issue is about.",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    fidelity: Fidelity::Approximate("the content is shown as it was sent, not as a link"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/issues/example-issue/attachments/example-file",
        body: r#"{"properties": {"title": "Example", "contentFormat": "text/plain", "content": "SGVsbG8="}}"#,
        patch: None,
        after: &[users::DEFINITION.name],
    }],
    check: |draft| {
        validation::required(draft, "title", 1_000)?;
        validation::required(draft, "contentFormat", 256)?;
        validation::required(draft, "content", 1_048_576)
    },
    ..STORED
};
