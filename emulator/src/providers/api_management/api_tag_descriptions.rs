//! What a tag means for one API: <https://learn.microsoft.com/rest/api/apimanagement/api-tag-description>.

use super::stored::STORED;
use super::{links, tags, validation};
use crate::engine::{Definition, Example, Verb, property, set, set_default};
use serde_json::Value;

/// The type. Its name is that of the tag.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/tagDescriptions",
    summary: "What a tag means for one API.",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/tagDescriptions/example-tag",
        body: r#"{"properties": {"description": "What it is about.", "externalDocsUrl": "https://example.com/docs"}}"#,
        patch: None,
        after: &[tags::DEFINITION.name],
    }],
    defaults: |draft| {
        for unset in ["description", "externalDocsUrl", "externalDocsDescription"] {
            set_default(&mut draft.body, &["properties", unset], Value::Null);
        }
        Ok(())
    },
    check: |draft| {
        links::check(draft, "tags", "Tag")?;
        validation::url(draft.properties(), "externalDocsUrl")
    },
    view: |description, store, shown| {
        let Some(tag) = links::target(store, &description.id, "tags") else { return };
        set(shown, &["properties", "tagId"], tag.id.as_str());
        set(shown, &["properties", "displayName"], property(tag.properties(), &["displayName"]).clone());
    },
    ..STORED
};
