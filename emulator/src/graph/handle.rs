//! Which part of Graph a request is for.

use bytes::Bytes;
use http::{Method, Request, Response};

use super::answer::{Answer, respond};
use super::call::{Call, Key};
use super::entity::Definition;
use super::error::GraphError;
use super::{Directory, ENTITIES, directory_object, entity, organization, owners, password};
use crate::entra::Caller;

/// Parts of Graph that exist and are not done here.
const NOT_IMPLEMENTED: [&str; 18] = [
    "$batch",
    "$metadata",
    "administrativeunits",
    "approleassignments",
    "auditlogs",
    "contacts",
    "devices",
    "directory",
    "directoryroles",
    "domains",
    "grouplifecyclepolicies",
    "groups",
    "identity",
    "oauth2permissiongrants",
    "policies",
    "rolemanagement",
    "subscribedskus",
    "users",
];

/// Answers a request.
pub(super) async fn handle(
    directory: &Directory,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Response<Bytes> {
    let call = Call::new(directory, request);
    let answer = route(&call).await;
    if let (Err(error), Method::POST | Method::PATCH | Method::DELETE) = (&answer, call.method().clone()) {
        tracing::debug!(caller = caller.client_id, status = error.status, "directory change refused");
    }
    respond(&call, answer)
}

async fn route(call: &Call<'_>) -> Result<Answer, GraphError> {
    let segments: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    let Some((&set, rest)) = segments.split_first() else { return Err(GraphError::no_such_segment("")) };
    if let Some(entity) = ENTITIES.into_iter().find(|entity| entity.set.eq_ignore_ascii_case(set)) {
        return match rest {
            [] | ["$count"] => collection(call, entity, rest).await,
            [key, rest @ ..] => object(call, entity, &Key::read(key)?, rest).await,
        };
    }
    match set.to_ascii_lowercase().as_str() {
        "me" => Err(GraphError::delegated_only("me")),
        "organization" => organization::answer(call, rest),
        "directoryobjects" => directory_object::answer(call, rest),
        other if NOT_IMPLEMENTED.contains(&other) => {
            Err(GraphError::not_implemented(&format!("The part '{set}' of Microsoft Graph")))
        }
        _ => Err(GraphError::no_such_segment(set)),
    }
}

async fn collection(
    call: &Call<'_>,
    entity: &'static Definition,
    rest: &[&str],
) -> Result<Answer, GraphError> {
    match (call.method(), rest) {
        (&Method::GET, []) => entity::list(call, entity),
        (&Method::POST, []) => entity::create(call, entity).await,
        (_, []) => Err(GraphError::method_not_allowed()),
        _ => Err(GraphError::not_implemented("Counting without listing")),
    }
}

async fn object(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
    rest: &[&str],
) -> Result<Answer, GraphError> {
    let rest: Vec<String> = rest.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let rest: Vec<&str> = rest.iter().map(|segment| segment.trim_start_matches("microsoft.graph.")).collect();
    match (call.method(), rest.as_slice()) {
        (&Method::GET, []) => entity::read(call, entity, key),
        (&Method::PATCH, []) => entity::update(call, entity, key).await,
        (&Method::DELETE, []) => entity::delete(call, entity, key).await,
        (&Method::POST, ["addpassword"]) => password::add(call, entity, key).await,
        (&Method::POST, ["removepassword"]) => password::remove(call, entity, key).await,
        (&Method::GET, ["owners"]) => owners::list(call, entity, key),
        (&Method::POST, ["owners", "$ref"]) => owners::add(call, entity, key).await,
        (&Method::DELETE, ["owners", owner, "$ref"]) => owners::remove(call, (entity, key), owner).await,
        (_, [] | ["addpassword" | "removepassword" | "owners"] | ["owners", .., "$ref"]) => {
            Err(GraphError::method_not_allowed())
        }
        (_, [part, ..]) => Err(GraphError::not_implemented(&format!("'{part}' of {}", entity.set))),
    }
}
