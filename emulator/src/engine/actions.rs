//! POST on a resource.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};

use crate::engine::{Action, Answer, Definition, Resource, Transaction, World};

/// A POST on a resource.
pub struct ActionCall<'a, 's> {
    /// The resource.
    pub resource: Arc<Resource>,
    /// What surrounds the request.
    pub world: World<'a>,
    /// The store.
    pub tx: &'a mut Transaction<'s>,
}

/// Does what the action does.
pub fn run(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    id: &ResourceId,
    (definition, action): (&'static Definition, &'static Action),
) -> Result<Answer, ErrorResponse> {
    let Some(resource) = (definition.find)(tx, id) else {
        super::writes::check_parent(tx, id, definition)?;
        return Err(ErrorResponse::resource_not_found(id));
    };
    (action.run)(&mut ActionCall { resource, world, tx })
}
