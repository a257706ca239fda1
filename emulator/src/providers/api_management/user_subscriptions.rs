//! Subscriptions of a user: <https://learn.microsoft.com/rest/api/apimanagement/user-subscription>.

use std::sync::Arc;

use super::stored::STORED;
use super::{links, subscriptions};
use crate::engine::{Definition, Resource, Store, Verb, text};
use arm::ResourceId;

/// The type: the service's subscriptions, shown under their owner.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/users/subscriptions",
    summary: "The subscriptions of a user.",
    verbs: &[Verb::Get, Verb::List],
    find: |store, id| {
        let user = id.parent()?;
        let found =
            owned(store, &user).into_iter().find(|found| found.id.name().eq_ignore_ascii_case(id.name()))?;
        Some(links::shown_in(&user, &DEFINITION, &found))
    },
    select: |store, definition, user| {
        let Some(user) = user else { return Vec::new() };
        owned(store, user).iter().map(|found| links::shown_in(user, definition, found)).collect()
    },
    view: |_, _, shown| subscriptions::hide_keys(shown),
    ..STORED
};

/// The subscriptions whose `ownerId` is this user.
fn owned(store: &Store, user: &ResourceId) -> Vec<Arc<Resource>> {
    let owns = |subscription: &&Arc<Resource>| {
        let owner = text(subscription.properties(), &["ownerId"]).unwrap_or_default();
        let (rest, name) = owner.rsplit_once('/').unwrap_or_default();
        rest.to_ascii_lowercase().ends_with("/users") && name.eq_ignore_ascii_case(user.name())
    };
    let service = user.parent();
    store.of_type(subscriptions::DEFINITION.name, service.as_ref()).filter(owns).cloned().collect()
}
