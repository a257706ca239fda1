//! Content of the developer portal: <https://learn.microsoft.com/rest/api/apimanagement/content-item>.
//!
//! **Differs from Azure:** kept and shown; it is not compared with the schema of its type.

use super::stored::STORED;
use super::validation;
use crate::engine::{Definition, Example, Fidelity, Verb};
use serde_json::Value;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/contentTypes/contentItems",
    summary: "Content of the developer portal.",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    fidelity: Fidelity::Approximate(
        "there is no developer portal; nothing is compared with the schema of the type",
    ),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/contentTypes/page/contentItems/example-page",
        body: r#"{"properties": {"en_us": {"title": "About", "permalink": "/about"}}}"#,
        patch: None,
        after: &[],
    }],
    check: |draft| match draft.properties() {
        Value::Object(_) => Ok(()),
        _ => Err(validation::field("properties", "Properties are required.")),
    },
    ..STORED
};
