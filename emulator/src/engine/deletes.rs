//! DELETE: what is below goes with it.

use std::sync::Arc;

use arm::{ErrorResponse, ProvisioningState, ResourceId};

use crate::Config;
use crate::engine::writes::{check_group, check_idle};
use crate::engine::{
    Answer, Definition, Kind, Operation, Removal, Removed, Resource, Scope, Timing, Transaction, World, etag,
    operation_headers,
};

/// Removes a resource and everything below it.
pub fn delete(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    id: &ResourceId,
    definition: &'static Definition,
) -> Result<Answer, ErrorResponse> {
    let Some(resource) = (definition.find)(tx, id) else {
        check_group(tx, id)?;
        // A resource group that is not there is an error, anything else is as it should be.
        return if definition.scope == Scope::Subscription && definition.segment() == "resourceGroups" {
            Err(ErrorResponse::resource_group_not_found(id.name()))
        } else {
            Ok(Answer::empty(definition.answers.absent))
        };
    };
    etag::check(world.call, Some(&resource))?;
    if resource.state == ProvisioningState::Deleting {
        return Ok(going(world, tx, &resource));
    }
    check_idle(tx, Some(&resource), id)?;
    (definition.removable)(&Removal {
        resource: resource.clone(),
        config: world.config,
        call: Some(world.call),
        tx,
    })?;
    let slow = world.call.version_text().as_str() >= definition.slow_delete_since;
    if let Some(timing) = definition.long_running.delete.filter(|_| slow) {
        return Ok(begin(world, tx, &resource, timing));
    }
    let answer = match definition.answers.removed {
        Removed::Silent | Removed::Reset => Answer::empty(definition.answers.deleted),
        Removed::Shown => Answer::resource(definition.answers.deleted, &resource, tx),
    };
    complete(world.config, tx, &resource);
    Ok(answer)
}

fn begin(world: World<'_>, tx: &mut Transaction<'_>, resource: &Arc<Resource>, timing: Timing) -> Answer {
    let id = world.config.ids.uuid();
    let mut operation = Operation::begin(id, Kind::Delete, resource, timing, world.call);
    operation.suffer(world.call);
    let mut leaving = resource.as_ref().clone();
    leaving.state = ProvisioningState::Deleting;
    leaving.label = Some(timing.state.to_owned());
    leaving.operation = Some(operation.id.clone());
    let answer = operation_headers(Answer::empty(202), &operation, &leaving, world.call);
    tx.put(leaving);
    tx.put_operation(operation.clone());
    if operation.is_due(world.call.now) {
        super::writes::complete(world.config, tx, &operation);
    }
    answer
}

/// The answer to a second request to remove the same.
fn going(world: World<'_>, tx: &Transaction<'_>, resource: &Resource) -> Answer {
    let operation = resource.operation.as_ref().and_then(|id| tx.operation(id));
    match operation {
        Some(operation) => operation_headers(Answer::empty(202), operation, resource, world.call),
        None => Answer::empty(202),
    }
}

/// Removes a resource and everything below it at once.
pub fn complete(config: &Config, tx: &mut Transaction<'_>, resource: &Arc<Resource>) {
    let mut leaving: Vec<Arc<Resource>> = tx.below(&resource.id).cloned().collect();
    leaving.push(resource.clone());
    for resource in &leaving {
        let removed = resource.definition.removed;
        removed(&mut Removal { resource: resource.clone(), config, call: None, tx });
    }
    for resource in &leaving {
        tx.remove(&resource.id);
    }
}
