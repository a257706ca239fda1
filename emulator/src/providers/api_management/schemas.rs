//! Schemas of a service: <https://learn.microsoft.com/rest/api/apimanagement/global-schema>.

use super::validation;
use crate::engine::{Definition, Example, Fidelity, Listing, Model, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/schemas",
    summary: "A schema that policies refer to.",
    modelled: "2024-05-01",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("a schema that is not of XML is not checked when it is saved"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/schemas/example-schema",
        body: r#"{"properties": {"schemaType": "json", "document": {"type": "object"}}}"#,
        patch: None,
        after: &[],
    }],
    check: |draft| validation::required(draft, "schemaType", 256),
    provision: validation::compile,
    removable: |removal| {
        let name = removal.resource.id.name();
        validation::compile_without(removal, &format!("Schema '{name}'"), |service| {
            service.schemas.retain(|known| !known.name.eq_ignore_ascii_case(name));
        })
    },
    ..Definition::CHILD
};
