//! Wikis: the pages of documentation that belong to an API or a product.
//! <https://learn.microsoft.com/rest/api/apimanagement/api-wiki>, products beside it.

use arm::ErrorResponse;
use serde_json::json;

use super::stored::STORED;
use super::{documentations, validation};
use crate::engine::{Definition, Draft, Fidelity, Listing, Names, array, set_default, text};

/// The wiki of an API or a product: there is one.
pub const WIKI: Definition = Definition {
    names: Names::Fixed(&["default"]),
    fidelity: Fidelity::Approximate("there is no developer portal"),
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "documents"], json!([]));
        Ok(())
    },
    check,
    listing: Listing::Plain,
    ..STORED
};

/// A body that needs the example of [`documentations`].
pub const EXAMPLE: &str = r#"{"properties": {"documents": [{"documentationId": "example-page"}]}}"#;
/// What the example needs.
pub const AFTER: &[&str] = &[documentations::DEFINITION.name];

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(service) = validation::service_of(draft.tx, &draft.id) else { return Ok(()) };
    for document in array(draft.properties(), &["documents"]) {
        let name = text(document, &["documentationId"]).unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        if name.is_empty() || draft.tx.get(&service.id.child("documentations", name)).is_none() {
            let message = format!("Documentation with specified ID '{name}' not found.");
            return Err(validation::field("documents", message));
        }
    }
    Ok(())
}
