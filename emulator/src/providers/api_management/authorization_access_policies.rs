//! Access policies: who may use an authorization.
//! <https://learn.microsoft.com/rest/api/apimanagement/authorization-access-policy>
//!
//! **Differs from Azure:** it is not checked that what an access policy names exists.

use super::validation;
use crate::engine::{Definition, Example, Fidelity, Listing, Model, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/authorizationProviders/authorizations/accessPolicies",
    summary: "Who may use an authorization.",
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("it is not checked that the principal exists"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/authorizationProviders/example-provider/authorizations/example-authorization/accessPolicies/example-access",
        body: r#"{"properties": {"tenantId": "00000000-0000-0000-0000-000000000001", "objectId": "{principal}"}}"#,
        patch: None,
        after: &[],
    }],
    check: |draft| {
        validation::required(draft, "tenantId", 100)?;
        validation::required(draft, "objectId", 100)
    },
    ..Definition::CHILD
};
