//! Users and groups, as expressions of policies see them.
//!
//! **Differs from Azure:** everybody is in `developers`, the group of those who signed in, as there is no developer
//! portal to sign in to.

use std::collections::HashMap;

use apim::{Group, User, UserIdentity};
use arm::ResourceId;
use serde_json::Value;
use sim::Timestamp;

use crate::engine::{Resource, Store, array, text};
use crate::providers::api_management::{group_users, product_groups, users};

/// The group that everybody is in who signed in.
const SIGNED_IN: &str = "developers";

/// The users of a service.
pub fn models(store: &Store, service: &ResourceId) -> Vec<User> {
    let mut joined: HashMap<String, Vec<ResourceId>> = HashMap::new();
    for link in store.of_type(group_users::DEFINITION.name, Some(service)) {
        joined.entry(link.id.name().to_lowercase()).or_default().extend(link.id.parent());
    }
    let groups = |user: &Resource| {
        let groups = joined.get(&user.id.name().to_lowercase()).map(Vec::as_slice).unwrap_or_default();
        let signed_in = (!groups.iter().any(|group| group.name() == SIGNED_IN)).then_some(SIGNED_IN);
        let names = groups.iter().map(ResourceId::name).chain(signed_in);
        names.filter_map(|name| group(store, service, name)).collect()
    };
    store.of_type(users::DEFINITION.name, Some(service)).map(|user| model(user, groups(user))).collect()
}

fn model(user: &Resource, groups: Vec<Group>) -> User {
    let properties = user.properties();
    let own = |name: &str| text(properties, &[name]).map(str::to_owned);
    User {
        name: user.id.name().to_owned(),
        email: own("email").unwrap_or_default(),
        first_name: own("firstName").unwrap_or_default(),
        last_name: own("lastName").unwrap_or_default(),
        note: own("note"),
        registered: time(properties, "registrationDate"),
        identities: array(properties, &["identities"])
            .iter()
            .map(|identity| {
                let own = |name: &str| text(identity, &[name]).unwrap_or_default().to_owned();
                UserIdentity { id: own("id"), provider: own("provider") }
            })
            .collect(),
        groups,
    }
}

/// The groups that see a product.
pub fn of_product(store: &Store, product: &ResourceId) -> Vec<Group> {
    let Some(service) = product.parent() else { return Vec::new() };
    let links = store.of_type(product_groups::DEFINITION.name, Some(product));
    links.filter_map(|link| group(store, &service, link.id.name())).collect()
}

fn group(store: &Store, service: &ResourceId, name: &str) -> Option<Group> {
    let found = store.get(&service.child("groups", name))?;
    let display_name = text(found.properties(), &["displayName"]).unwrap_or_default().to_owned();
    Some(Group { name: found.id.name().to_owned(), display_name })
}

/// A property that is a time, in milliseconds since 1970.
pub fn time(properties: &Value, name: &str) -> Option<i64> {
    Some(Timestamp::parse(text(properties, &[name])?)?.unix_millis())
}
