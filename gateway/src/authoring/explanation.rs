//! The policy that really applies to an operation: the documents of its scopes, joined, each element with where it is
//! from. Texts are the author's: a named value is there as `{{name}}`.

use std::collections::HashMap;

use apim::{PolicyDocument, PolicyFormat};
use diagnostic::Position;

use crate::document::{Element, GLOBAL, text_at};
use crate::pipeline::{Effective, Section};
use crate::snapshot::{Api, Service};
use crate::{Gateway, ScopeKind};

/// An element of an effective policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The section that it runs in.
    pub section: Section,
    /// The element's name.
    pub policy: &'static str,
    /// The scope of its document.
    pub scope: ScopeKind,
    /// The document.
    pub document: String,
    /// Where it is in the document.
    pub position: Position,
    /// Its text.
    pub text: String,
}

/// The effective policy of an API, or of one of its operations, for requests through a product or through none.
///
/// # Errors
/// There is no such API, operation or product.
pub fn explain(
    gateway: &Gateway,
    api: &str,
    operation: Option<&str>,
    product: Option<&str>,
) -> Result<Vec<Explained>, String> {
    let snapshot = gateway.snapshot.load();
    let found = snapshot.services().find_map(|service| Some((service, service.api_named(api)?)));
    let Some((service, api)) = found else { return Err(format!("there is no API `{api}`")) };
    let policies = match operation {
        None => &api.policies,
        Some(name) => {
            let operations = api.operations.all();
            let found = operations.into_iter().find(|operation| operation.name.eq_ignore_ascii_case(name));
            let names =
                || api.operations.all().iter().map(|known| known.name.clone()).collect::<Vec<_>>().join(", ");
            &found
                .ok_or_else(|| format!("`{}` has no operation `{name}`; it has {}", api.name, names()))?
                .policies
        }
    };
    let product = match product {
        None => None,
        Some(name) => Some(product_of(api, name)?),
    };
    Ok(elements(policies.of(product), service))
}

fn product_of<'a>(api: &'a Api, name: &str) -> Result<&'a crate::snapshot::Product, String> {
    let found = api.products.iter().find(|product| product.name.eq_ignore_ascii_case(name));
    found.map(AsRef::as_ref).ok_or_else(|| format!("`{}` is in no product `{name}`", api.name))
}

fn elements(effective: &Effective, service: &Service) -> Vec<Explained> {
    let documents: HashMap<&str, &PolicyDocument> =
        service.documents().into_iter().map(|document| (document.path.as_str(), document)).collect();
    let mut found = Vec::new();
    for section in Section::ALL {
        for placed in effective.section(section) {
            let document = documents.get(placed.source.as_ref());
            found.push(Explained {
                section,
                policy: placed.policy,
                scope: placed.scope,
                document: placed.source.to_string(),
                position: placed.position,
                text: document.map_or_else(
                    || text_of(GLOBAL, PolicyFormat::Xml, placed.position),
                    |document| text_of(&document.text, document.format, placed.position),
                ),
            });
        }
    }
    found
}

fn text_of(text: &str, format: PolicyFormat, position: Position) -> String {
    let start = position.offset(text);
    text_at(text, format, |element: &Element| element.name_span.start == start).unwrap_or_default()
}
