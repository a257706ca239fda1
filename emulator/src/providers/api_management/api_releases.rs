//! Releases of an API: <https://learn.microsoft.com/rest/api/apimanagement/api-release>.
//!
//! A release makes a revision the current one and says why.
//!
//! **Differs from Azure:** none known.

use arm::ErrorResponse;

use super::{api_revisions, validation};
use crate::engine::{Definition, Draft, Example, Fidelity, Listing, Model, Verb, set, set_default, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/releases",
    summary: "Makes a revision of an API the current one.",
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/releases/example-release",
        body: r#"{"properties": {"apiId": "/apis/example-api;rev=1", "notes": "The first"}}"#,
        patch: Some(r#"{"properties": {"notes": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check: |draft| validation::required(draft, "apiId", 1_000),
    provision,
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let now = draft.world.config.clock.now().rfc3339();
    let created = text(draft.before(), &["createdDateTime"]).map_or_else(|| now.clone(), str::to_owned);
    let same = draft.existing.is_some()
        && ["apiId", "notes"]
            .iter()
            .all(|field| text(draft.before(), &[field]) == text(draft.properties(), &[field]));
    let updated = text(draft.before(), &["updatedDateTime"]).filter(|_| same).unwrap_or(&now).to_owned();
    set(&mut draft.body, &["properties", "createdDateTime"], created);
    set(&mut draft.body, &["properties", "updatedDateTime"], updated);
    set_default(&mut draft.body, &["properties", "notes"], "");
    Ok(())
}

fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let wanted = text(draft.properties(), &["apiId"]).unwrap_or_default().to_owned();
    if text(draft.before(), &["apiId"]) == Some(&wanted) {
        return Ok(());
    }
    let name = wanted.rsplit('/').next().unwrap_or_default();
    let Some(api) = draft.id.parent() else { return Ok(()) };
    let Some(service) = api.parent() else { return Ok(()) };
    if !api_revisions::split(name).0.eq_ignore_ascii_case(api_revisions::split(api.name()).0) {
        return Err(validation::field(
            "apiId",
            format!("'{wanted}' is no revision of the API '{}'.", api.name()),
        ));
    }
    api_revisions::make_current(draft.tx, &service, name)?;
    validation::compile(draft)
}
