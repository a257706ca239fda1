//! APIs of a product: <https://learn.microsoft.com/rest/api/apimanagement/product-api>.
//!
//! A link has no properties of its own: it shows its API.

use arm::ErrorResponse;
use serde_json::Value;

use super::{api_revisions, apis, validation};
use crate::engine::{
    Answers, Definition, Draft, Example, Fidelity, Listing, Model, Resource, Store, Verb, set, take,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products/apis",
    summary: "An API is part of a product.",
    modelled: "2024-05-01",
    names: apis::DEFINITION.names,
    verbs: &[Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    answers: Answers { found: 204, ..Definition::CHILD.answers },
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/products/example-product/apis/example-api",
        body: "",
        patch: None,
        after: &["Microsoft.ApiManagement/service/apis"],
    }],
    defaults: |draft| {
        draft.body = Value::Object(serde_json::Map::new());
        Ok(())
    },
    check,
    provision: validation::compile,
    view,
    ..Definition::CHILD
};

/// Refuses a link to nothing.
pub(super) fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    if api(draft.tx, &draft.id).is_some() {
        return Ok(());
    }
    Err(api_revisions::unknown(draft.id.name()))
}

fn api(store: &Store, link: &arm::ResourceId) -> Option<std::sync::Arc<Resource>> {
    let service = link.parent()?.parent()?;
    store.get(&service.child("apis", link.name()))
}

/// The name of the API that a link is about.
pub fn api_name(store: &Store, link: &Resource) -> String {
    api(store, &link.id).map_or_else(|| link.id.name().to_owned(), |api| api.id.name().to_owned())
}

/// Shows the API.
pub(super) fn view(link: &Resource, store: &Store, shown: &mut Value) {
    let Some(api) = api(store, &link.id) else { return };
    let mut properties = api.properties().clone();
    take(&mut properties, &["authenticationSettings"]);
    set(shown, &["properties"], properties);
}
