//! Comments on an issue: <https://learn.microsoft.com/rest/api/apimanagement/api-issue-comment>.

use super::stored::STORED;
use super::{api_issues, users, validation};
use crate::engine::{Definition, Example, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/issues/comments",
    summary: "What somebody said about an issue.",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/issues/example-issue/comments/example-comment",
        body: r#"{"properties": {"text": "It is not.", "userId": "/users/example-user"}}"#,
        patch: None,
        after: &[users::DEFINITION.name],
    }],
    defaults: |draft| {
        api_issues::begin(draft);
        Ok(())
    },
    check: |draft| {
        validation::required(draft, "text", 10_000)?;
        api_issues::check_user(draft)
    },
    ..STORED
};
