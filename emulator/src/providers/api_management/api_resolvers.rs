//! Resolvers of a GraphQL API: <https://learn.microsoft.com/rest/api/apimanagement/graph-ql-api-resolver>.
//!
//! **Differs from Azure:** whether the API's schema has the field is not looked at.

use arm::ErrorResponse;
use serde_json::Value;

use super::validation;
use crate::engine::{Definition, Draft, Example, Fidelity, Listing, Model, Verb, set_default, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/resolvers",
    summary: "What answers a field of a GraphQL API.",
    modelled: "2024-05-01",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("the field is not looked for in the schema"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/resolvers/books",
        body: r#"{"properties": {"displayName": "Books", "path": "Query/books"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "description"], Value::Null);
        Ok(())
    },
    check,
    provision: validation::compile,
    ..Definition::CHILD
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 300)?;
    validation::required(draft, "path", 300)?;
    let path = text(draft.properties(), &["path"]).unwrap_or_default();
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !path.split_once('/').is_some_and(|(ty, field)| is_name(ty) && is_name(field)) {
        let message = format!("The path '{path}' is not a type and a field, such as 'Query/users'.");
        return Err(validation::field("path", message));
    }
    let twin = draft.tx.of_type(DEFINITION.name, draft.id.parent().as_ref()).find(|other| {
        other.id != draft.id && text(other.properties(), &["path"]).is_some_and(|known| known == path)
    });
    match twin {
        None => Ok(()),
        Some(twin) => {
            let message = format!("The resolver '{}' has the path '{path}' already.", twin.id.name());
            Err(validation::field("path", message))
        }
    }
}
