//! What has tags, listed by tag: <https://learn.microsoft.com/rest/api/apimanagement/tag-resource>, and the lists of
//! APIs, operations and products by their tags.
//!
//! **Differs from Azure:** what has no tag is not listed, whatever `includeNotTagged…` says.

use std::sync::Arc;

use arm::ResourceId;
use serde_json::{Map, Value, json};

use super::stored::STORED;
use super::{api_tags, links, operation_tags, product_tags};
use crate::engine::{Definition, Resource, Store, Verb, property, text};

/// What can have tags: how a row names it, and the type of its links to tags.
struct Kind {
    row: &'static str,
    links: &'static Definition,
}

const API: Kind = Kind { row: "api", links: &api_tags::DEFINITION };
const OPERATION: Kind = Kind { row: "operation", links: &operation_tags::DEFINITION };
const PRODUCT: Kind = Kind { row: "product", links: &product_tags::DEFINITION };

/// Properties of an API, an operation or a product that a row repeats; the display name is its `name`.
const REPEATED: [&str; 13] = [
    "apiRevision",
    "apiVersion",
    "description",
    "isCurrent",
    "method",
    "path",
    "protocols",
    "serviceUrl",
    "state",
    "subscriptionRequired",
    "terms",
    "type",
    "urlTemplate",
];

const BY_TAG: Definition =
    Definition { verbs: &[Verb::List], view: |row, _, shown| *shown = row.body.clone(), ..STORED };

/// Everything that has tags.
pub const RESOURCES: Definition = Definition {
    name: "Microsoft.ApiManagement/service/tagResources",
    summary: "What has tags.",
    select: |store, definition, scope| rows(store, (definition, scope), &[API, OPERATION, PRODUCT]),
    ..BY_TAG
};

/// APIs that have tags.
pub const APIS: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apisByTags",
    summary: "APIs that have tags.",
    select: |store, definition, scope| rows(store, (definition, scope), &[API]),
    ..BY_TAG
};

/// Operations of an API that have tags.
pub const OPERATIONS: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/operationsByTags",
    summary: "Operations of an API that have tags.",
    select: |store, definition, scope| rows(store, (definition, scope), &[OPERATION]),
    ..BY_TAG
};

/// Products that have tags.
pub const PRODUCTS: Definition = Definition {
    name: "Microsoft.ApiManagement/service/productsByTags",
    summary: "Products that have tags.",
    select: |store, definition, scope| rows(store, (definition, scope), &[PRODUCT]),
    ..BY_TAG
};

fn rows(
    store: &Store,
    (definition, scope): (&'static Definition, Option<&ResourceId>),
    kinds: &[Kind],
) -> Vec<Arc<Resource>> {
    let Some(scope) = scope else { return Vec::new() };
    let links = kinds
        .iter()
        .flat_map(|kind| store.of_type(kind.links.name, Some(scope)).map(move |link| (kind, link)));
    let bodies = links.filter_map(|(kind, link)| row(store, kind, link));
    let numbered = bodies.enumerate();
    numbered
        .map(|(at, body)| {
            let id = scope.child(definition.segment(), &(at + 1).to_string());
            Arc::new(Resource::new(id, definition, body))
        })
        .collect()
}

fn row(store: &Store, kind: &Kind, link: &Resource) -> Option<Value> {
    let tag = links::target(store, &link.id, "tags")?;
    let tagged = store.get(&link.id.parent()?)?;
    let name = text(tag.properties(), &["displayName"]).unwrap_or(tag.id.name());
    Some(json!({
        "tag": {"id": tag.id.as_str(), "name": name},
        (kind.row): summary(&tagged),
    }))
}

/// What a row says of an API, an operation or a product.
fn summary(tagged: &Resource) -> Value {
    let mut summary = Map::new();
    summary.insert("id".to_owned(), json!(tagged.id.as_str()));
    let name = text(tagged.properties(), &["displayName"]).unwrap_or(tagged.id.name());
    summary.insert("name".to_owned(), json!(name));
    for repeated in REPEATED {
        match property(tagged.properties(), &[repeated]) {
            Value::Null => {}
            value => drop(summary.insert(repeated.to_owned(), value.clone())),
        }
    }
    Value::Object(summary)
}
