//! Products that hold an API: <https://learn.microsoft.com/rest/api/apimanagement/api-product>.

use super::stored::STORED;
use super::{api_revisions, links, products};
use crate::engine::{Definition, Verb, set};

/// The type: the service's products, as they are.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/products",
    summary: "The products that hold an API.",
    verbs: &[Verb::List],
    select: |store, definition, api| {
        let Some((api, service)) = api.and_then(|api| Some((api, api.parent()?))) else { return Vec::new() };
        let name = api_revisions::split(api.name()).0;
        let holds = |product: &arm::ResourceId| store.get(&product.child("apis", name)).is_some();
        let products = store.of_type(products::DEFINITION.name, Some(&service));
        products
            .filter(|product| holds(&product.id))
            .map(|product| links::shown_in(api, definition, product))
            .collect()
    },
    view: |product, _, shown| {
        let service = product.id.parent().and_then(|api| api.parent());
        let Some(service) = service else { return };
        set(shown, &["id"], service.child("products", product.id.name()).to_string());
        set(shown, &["type"], products::DEFINITION.name);
    },
    ..STORED
};
