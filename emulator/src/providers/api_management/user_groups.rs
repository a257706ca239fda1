//! Groups of a user: <https://learn.microsoft.com/rest/api/apimanagement/user-group>.

use super::stored::STORED;
use super::{groups, links};
use crate::engine::{Definition, Verb};

/// The type: the service's groups, shown under a member.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/users/groups",
    summary: "The groups that a user is in.",
    verbs: &[Verb::List],
    select: |store, definition, user| {
        let Some((user, service)) = user.and_then(|user| Some((user, user.parent()?))) else {
            return Vec::new();
        };
        let has_user = |group: &arm::ResourceId| store.get(&group.child("users", user.name())).is_some();
        let groups = store.of_type(groups::DEFINITION.name, Some(&service));
        groups
            .filter(|group| has_user(&group.id))
            .map(|group| links::shown_in(user, definition, group))
            .collect()
    },
    ..STORED
};
