//! Types of content of the developer portal: <https://learn.microsoft.com/rest/api/apimanagement/content-type>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal, so no type is there from the start.

use super::stored::STORED;
use super::validation;
use crate::engine::{Definition, Example, Fidelity, Listing, Verb, set_default};
use serde_json::Value;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/contentTypes",
    summary: "A type of content of the developer portal.",
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    fidelity: Fidelity::Approximate("there is no developer portal, so no type is there from the start"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/contentTypes/page",
        body: r#"{"properties": {"id": "/contentTypes/page", "name": "Page", "schema": {"properties": {"en_us": {"type": "object"}}}}}"#,
        patch: None,
        after: &[],
    }],
    defaults: |draft| {
        let id = format!("/contentTypes/{}", draft.id.name());
        set_default(&mut draft.body, &["properties", "id"], id);
        for unset in ["description", "version"] {
            set_default(&mut draft.body, &["properties", unset], Value::Null);
        }
        Ok(())
    },
    check: |draft| validation::required(draft, "name", 256),
    listing: Listing::Plain,
    ..STORED
};
