//! Links with names of their own: the other way to put an API or a group into a product, or a tag on something.
//!
//! <https://learn.microsoft.com/rest/api/apimanagement/product-api-link>, and the like beside it. Such a link makes the
//! plain one (`products/{product}/apis/{api}`) and takes it along when it goes.
//!
//! **Differs from Azure:** a plain link does not show as a named one.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Map, Value};

use super::stored::STORED;
use super::{api_revisions, validation};
use crate::engine::{Definition, Draft, Fidelity, Removal, Store, Verb, text};

/// A named link.
pub const NAMED_LINK: Definition = Definition {
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    fidelity: Fidelity::Approximate("a link that was made in the other way is not listed"),
    ..STORED
};

/// What a named link joins.
pub struct Joint {
    /// The property that names the other end.
    pub property: &'static str,
    /// The collection of the service that the other end is in.
    pub collection: &'static str,
    /// The plain link between the owner of the named one and the other end.
    pub plain: fn(&ResourceId, &ResourceId) -> Option<ResourceId>,
    /// The type of the plain link.
    pub definition: &'static Definition,
}

/// Refuses a link to nothing.
pub fn check(draft: &Draft<'_, '_>, joint: &Joint) -> Result<(), ErrorResponse> {
    validation::required(draft, joint.property, 512)?;
    let written = text(draft.properties(), &[joint.property]).unwrap_or_default();
    match end(draft.tx, &draft.id, written, joint) {
        Some(_) => Ok(()),
        None => Err(validation::field(joint.property, format!("'{written}' not found."))),
    }
}

/// Makes the plain link.
pub fn provision(draft: &mut Draft<'_, '_>, joint: &Joint) -> Result<(), ErrorResponse> {
    let written = text(draft.properties(), &[joint.property]).unwrap_or_default().to_owned();
    if let Some(plain) = plain(draft.tx, &draft.id, &written, joint)
        && draft.tx.get(&plain).is_none()
    {
        draft.put_part(plain, joint.definition, Value::Object(Map::new()));
    }
    validation::compile(draft)
}

/// Takes the plain link along.
pub fn removed(removal: &mut Removal<'_, '_>, joint: &Joint) {
    let written = text(removal.resource.properties(), &[joint.property]).unwrap_or_default().to_owned();
    if let Some(plain) = plain(removal.tx, &removal.resource.id, &written, joint) {
        removal.tx.remove(&plain);
    }
}

fn plain(store: &Store, link: &ResourceId, written: &str, joint: &Joint) -> Option<ResourceId> {
    let end = end(store, link, written, joint)?;
    (joint.plain)(&link.parent()?, &end)
}

/// The other end: its id may be written in full or from the service on.
fn end(store: &Store, link: &ResourceId, written: &str, joint: &Joint) -> Option<ResourceId> {
    let service = validation::service_of(store, link)?;
    let start =
        written.to_ascii_lowercase().rfind(&format!("/{}/", joint.collection.to_ascii_lowercase()))?;
    let path = format!("{}{}", service.id, written.get(start..)?);
    Some(store.find(&api_revisions::canonical(store, &path))?.id.clone())
}
