//! Schemas of an API: <https://learn.microsoft.com/rest/api/apimanagement/api-schema>.

use super::validation;
use crate::engine::{Definition, Example, Fidelity, Listing, Model, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/schemas",
    summary: "A schema that an API's operations refer to.",
    modelled: "2024-05-01",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("a schema that is not of XML is not checked when it is saved"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/schemas/example-schema",
        body: r#"{"properties": {"contentType": "application/vnd.oai.openapi.components+json", "document": {"components": {"schemas": {"Pet": {"type": "object"}}}}}}"#,
        patch: None,
        after: &[],
    }],
    check: |draft| validation::required(draft, "contentType", 256),
    provision: validation::compile,
    ..Definition::CHILD
};
