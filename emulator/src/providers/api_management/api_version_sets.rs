//! API version sets: <https://learn.microsoft.com/rest/api/apimanagement/api-version-set>.
//!
//! **Differs from Azure:** APIs cannot be put into a set yet.

use arm::ErrorResponse;
use serde_json::Value;

use super::{apis, validation};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Listing, Model, Removal, Resource, Verb, set_default, text,
};

/// The schemes, with the property that each needs.
const SCHEMES: [(&str, Option<&str>); 3] =
    [("Header", Some("versionHeaderName")), ("Query", Some("versionQueryName")), ("Segment", None)];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apiVersionSets",
    summary: "How the versions of an API are told apart.",
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("APIs cannot be put into a set yet"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apiVersionSets/example-set",
        body: r#"{"properties": {"displayName": "Example", "versioningScheme": "Header", "versionHeaderName": "api-version"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        for unset in ["description", "versionQueryName", "versionHeaderName"] {
            set_default(&mut draft.body, &["properties", unset], Value::Null);
        }
        Ok(())
    },
    check,
    removable,
    ..Definition::CHILD
};

/// A set that tells versions apart stays.
fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    let set = &removal.resource.id;
    let uses = |api: &&std::sync::Arc<Resource>| {
        text(api.properties(), &["apiVersionSetId"]).is_some_and(|id| id.eq_ignore_ascii_case(set.as_str()))
    };
    match removal.tx.of_type(apis::DEFINITION.name, set.parent().as_ref()).find(uses) {
        None => Ok(()),
        Some(api) => {
            let message =
                format!("The version set '{}' is in use by the API '{}'.", set.name(), api.id.name());
            Err(ErrorResponse::new(400, "ValidationError", message))
        }
    }
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 100)?;
    validation::required(draft, "versioningScheme", 100)?;
    let scheme = text(draft.properties(), &["versioningScheme"]).unwrap_or_default();
    match SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme)) {
        Some((_, Some(needed))) => validation::required(draft, needed, 100),
        Some((_, None)) => Ok(()),
        None => {
            let message = format!("The versioning scheme '{scheme}' is not valid.");
            Err(validation::field("versioningScheme", message))
        }
    }
}
