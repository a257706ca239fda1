//! Management locks: <https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources>.

use arm::{ErrorResponse, ResourceId};

use crate::engine::{Resource, Store, text};
use crate::providers::authorization::locks;

/// What a lock can be in the way of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// PUT, PATCH or POST.
    Write,
    /// DELETE.
    Delete,
}

/// Refuses a change that a lock on the resource, above it, or, for a removal, below it, is in the way of.
pub fn check(store: &Store, id: &ResourceId, change: Change) -> Result<(), ErrorResponse> {
    if id.resource_type().is(locks::DEFINITION.name) {
        return Ok(());
    }
    let in_the_way = store.of_type(locks::DEFINITION.name, None).find(|lock| is_in_the_way(lock, id, change));
    let Some(scope) = in_the_way.and_then(|lock| lock.id.scope()) else { return Ok(()) };
    let what = if change == Change::Delete { "delete" } else { "write" };
    let message = format!(
        "The scope '{id}' cannot perform {what} operation because following scope(s) are locked: '{scope}'. Please remove the lock and try again."
    );
    Err(ErrorResponse::new(409, "ScopeLocked", message))
}

fn is_in_the_way(lock: &Resource, id: &ResourceId, change: Change) -> bool {
    let Some(scope) = lock.id.scope() else { return false };
    let read_only =
        text(lock.properties(), &["level"]).is_some_and(|level| level.eq_ignore_ascii_case("ReadOnly"));
    match change {
        Change::Write => read_only && id.is_within(&scope),
        Change::Delete => id.is_within(&scope) || scope.is_within(id),
    }
}
