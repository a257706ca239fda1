//! Documentation pages in Markdown: <https://learn.microsoft.com/rest/api/apimanagement/documentation>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that would render them.

use super::stored::STORED;
use super::validation;
use crate::engine::{Definition, Example, Fidelity, Listing, set_default};
use serde_json::Value;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/documentations",
    summary: "A page of documentation in Markdown.",
    names: validation::NAME_256,
    fidelity: Fidelity::Approximate("there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/documentations/example-page",
        body: r##"{"properties": {"title": "Example", "content": "# Example"}}"##,
        patch: Some(r#"{"properties": {"title": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "content"], Value::Null);
        Ok(())
    },
    check: |draft| validation::required(draft, "title", 300),
    listing: Listing::Plain,
    ..STORED
};
