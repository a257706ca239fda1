//! Identities of a user: <https://learn.microsoft.com/rest/api/apimanagement/user-identities>.

use std::sync::Arc;

use super::stored::STORED;
use crate::engine::{Definition, Resource, Verb, array, text};

/// The type. An identity is no resource: it shows a provider and a name there.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/users/identities",
    summary: "Who a user is to the providers of identities.",
    verbs: &[Verb::List],
    select: |store, definition, user| {
        let Some(user) = user.and_then(|user| store.get(user)) else { return Vec::new() };
        let identities = array(user.properties(), &["identities"]).iter();
        let row = |identity: &serde_json::Value| {
            let id = user.id.child("identities", text(identity, &["provider"]).unwrap_or_default());
            Arc::new(Resource::new(id, definition, identity.clone()))
        };
        identities.map(row).collect()
    },
    view: |identity, _, shown| *shown = identity.body.clone(),
    ..STORED
};
