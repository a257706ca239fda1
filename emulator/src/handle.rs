//! The life of an ARM request, in Azure's order of precedence.

use std::time::Duration;

use arm::{ErrorResponse, ResourceId};
use http::Method;

use crate::Fault;
use crate::emulator::{Emulator, guard};
use crate::engine::{self, Answer, Call, Request, Store, Target, authorization};
use crate::providers;
use crate::providers::api_management::policy_link;

/// Answers an ARM request.
pub async fn handle(emulator: &Emulator, call: &mut Call) -> Result<Answer, ErrorResponse> {
    call.check_size()?;
    call.caller = Some(emulator.entra.authenticate(&call.headers)?);
    emulator.complete_due().await?;
    let asked = Request { method: &call.method, path: &call.path, version: &call.version_text() };
    call.fault = emulator.faults.take(&call.method, &call.path);
    if let Some(answer) = call.fault.as_ref().and_then(|fault| fault.answer(&call.path)) {
        return Ok(answer);
    }
    let target = guard(|| engine::route(&Store::read(&emulator.store), asked))?;
    if let Some(failure) = call.fault.as_ref().and_then(Fault::failure).filter(|_| !takes_time(call, &target))
    {
        return Err(ErrorResponse { status: 400, error: failure });
    }
    let answer = answer(emulator, call, &target).await;
    if let Some(fault) = call.fault.as_ref().filter(|_| !takes_time(call, &target)) {
        let delay = Duration::from_millis(u64::try_from(fault.delay()).unwrap_or_default());
        emulator.config.clock.sleep(delay).await;
    }
    emulator.activity.note((call, &target), &Store::read(&emulator.store), &answer);
    answer
}

/// The request begins a long-running operation.
fn takes_time(call: &Call, target: &Target) -> bool {
    let Target::Resource(_, definition) = target else { return false };
    let timing = definition.long_running;
    match call.method {
        Method::PUT => timing.create.is_some(),
        Method::PATCH => timing.update.is_some(),
        Method::DELETE => timing.delete.is_some(),
        _ => false,
    }
}

async fn answer(emulator: &Emulator, call: &mut Call, target: &Target) -> Result<Answer, ErrorResponse> {
    check_version(call, target)?;
    check_subscription(emulator, call)?;
    check_verb(call, target)?;
    guard(|| authorize(&Store::read(&emulator.store), call, target))?;
    wait_until_ready(emulator, target).await;
    let data_plane = &*emulator.config.data_plane;
    match target {
        Target::Resource(_, definition) => policy_link::resolve(data_plane, call, definition).await?,
        Target::Endpoint(_) if call.path.to_ascii_lowercase().contains("/deployments/") => {
            policy_link::resolve_template(data_plane, call).await?;
        }
        _ => {}
    }
    let answer = match (target, &call.method) {
        (Target::Endpoint(endpoint), _) => guard(|| (endpoint.run)(emulator, call))?,
        (_, &Method::GET | &Method::HEAD) => guard(|| read(&Store::read(&emulator.store), call, target))?,
        _ => emulator.write(call, |world, tx| write(world, tx, target)).await?,
    };
    let answer = answer.settled().await?;
    // What an answer tells is already in effect.
    emulator.project();
    Ok(answer)
}

fn read(store: &Store, call: &Call, target: &Target) -> Result<Answer, ErrorResponse> {
    match target {
        Target::Operation(token) => engine::poll(store, token, call),
        Target::Resource(id, definition) if call.method == Method::HEAD => {
            engine::head(store, id, definition)
        }
        Target::Resource(id, definition) => engine::read(store, call, id, definition),
        Target::Collection(scope, definition) => engine::list(store, call, scope.as_ref(), definition),
        Target::Endpoint(_) | Target::Action(..) => Err(target.not_allowed(&call.method)),
    }
}

fn write(
    world: engine::World<'_>,
    tx: &mut engine::Transaction<'_>,
    target: &Target,
) -> Result<Answer, ErrorResponse> {
    check_lock(tx, world.call, target)?;
    match (target, &world.call.method) {
        (Target::Resource(id, definition), &Method::PUT) => {
            let mut answer = engine::put(world, tx, id, definition)?;
            if let Some(body) = &mut answer.body {
                providers::adapt(definition, world.call, id, body);
            }
            Ok(answer)
        }
        (Target::Resource(id, definition), &Method::PATCH) => engine::patch(world, tx, id, definition),
        (Target::Resource(id, definition), &Method::DELETE) => engine::delete(world, tx, id, definition),
        (Target::Action(id, definition, action), &Method::POST) => {
            engine::run_action(world, tx, id, (definition, action))
        }
        _ => Err(target.not_allowed(&world.call.method)),
    }
}

/// No lock is in the way.
fn check_lock(store: &Store, call: &Call, target: &Target) -> Result<(), ErrorResponse> {
    match target {
        Target::Resource(id, _) if call.method == Method::DELETE => {
            engine::lock::check(store, id, engine::lock::Change::Delete)
        }
        Target::Resource(id, _) | Target::Action(id, ..) => {
            engine::lock::check(store, id, engine::lock::Change::Write)
        }
        _ => Ok(()),
    }
}

fn check_version(call: &Call, target: &Target) -> Result<(), ErrorResponse> {
    let version = call.version()?;
    let Some(definition) = target.definition().filter(|definition| version.date() < definition.since) else {
        return Ok(());
    };
    let message = format!(
        "No registered resource provider found for API version '{version}' for type '{}'. The supported api-versions are those from '{}' on.",
        definition.name, definition.since
    );
    Err(ErrorResponse::new(400, "NoRegisteredProviderFound", message))
}

fn check_subscription(emulator: &Emulator, call: &Call) -> Result<(), ErrorResponse> {
    match call.segments().as_slice() {
        [first, subscription, ..]
            if first.eq_ignore_ascii_case("subscriptions")
                && !subscription.eq_ignore_ascii_case(&emulator.config.seed.subscription_id) =>
        {
            Err(ErrorResponse::subscription_not_found(subscription))
        }
        _ => Ok(()),
    }
}

/// The type has the verb, and the sandbox does it.
fn check_verb(call: &Call, target: &Target) -> Result<(), ErrorResponse> {
    let Some((verb, definition)) = target.verb(&call.method)? else { return Ok(()) };
    if definition.verbs.contains(&verb) {
        return Ok(());
    }
    if definition.refused.contains(&verb) {
        return Err(ErrorResponse::not_implemented(&format!("{} {}", call.method, definition.name)));
    }
    Err(target.not_allowed(&call.method))
}

/// Lists check and select by themselves; operations are known by their tokens.
fn authorize(store: &Store, call: &Call, target: &Target) -> Result<(), ErrorResponse> {
    match target {
        Target::Operation(_) | Target::Collection(..) => Ok(()),
        Target::Endpoint(endpoint) => match (endpoint.permission, scope(store, call)) {
            (Some(action), Some(scope)) => authorization::check(store, call, action, &scope),
            _ => Ok(()),
        },
        Target::Action(id, definition, action) => {
            authorization::check(store, call, &definition.permission(action.permission), id)
        }
        Target::Resource(id, definition) => {
            let verb = match call.method {
                Method::GET | Method::HEAD => "read",
                Method::DELETE => "delete",
                _ => "write",
            };
            authorization::check(store, call, &definition.permission(verb), id)
        }
    }
}

/// Waits, up to ten seconds, for what an action hands out and another part is still making.
async fn wait_until_ready(emulator: &Emulator, target: &Target) {
    let Target::Action(id, _, action) = target else { return };
    for _ in 0..2_000 {
        if (action.ready)(&emulator.config, id) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// The innermost resource that the path of an endpoint lies in.
fn scope(store: &Store, call: &Call) -> Option<ResourceId> {
    let segments = call.segments();
    let inner = (3..segments.len()).rev().find_map(|at| {
        let id = format!("/{}", segments.get(..at)?.join("/")).parse::<ResourceId>().ok()?;
        store.get(&id).map(|found| found.id.clone())
    });
    inner.or_else(|| match segments.as_slice() {
        [first, id, ..] if first.eq_ignore_ascii_case("subscriptions") => Some(ResourceId::subscription(id)),
        _ => None,
    })
}
