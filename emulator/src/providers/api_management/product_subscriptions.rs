//! Subscriptions to a product: <https://learn.microsoft.com/rest/api/apimanagement/product-subscriptions>.

use super::stored::STORED;
use super::{links, subscriptions};
use crate::engine::{Definition, Verb};

/// The type: the service's subscriptions, shown under their product.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/products/subscriptions",
    summary: "The subscriptions to a product.",
    verbs: &[Verb::List],
    select: |store, definition, product| {
        let Some((product, service)) = product.and_then(|product| Some((product, product.parent()?))) else {
            return Vec::new();
        };
        let scope = apim::Scope::Product(product.name().to_owned());
        let found = subscriptions::of_scope(store, &service, &scope);
        found.iter().map(|subscription| links::shown_in(product, definition, subscription)).collect()
    },
    view: |_, _, shown| subscriptions::hide_keys(shown),
    ..STORED
};
