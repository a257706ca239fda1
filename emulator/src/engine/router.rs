//! Which resource, list, action or other thing a path means.

use arm::{ErrorResponse, ResourceId};
use http::Method;

use crate::engine::{Action, Call, Definition, Endpoint, Store};
use crate::providers;

/// What a path means.
#[derive(Clone)]
pub enum Target {
    /// One of the paths that are none of the others.
    Endpoint(&'static Endpoint),
    /// A long-running operation.
    Operation(String),
    /// A resource.
    Resource(ResourceId, &'static Definition),
    /// All resources of a type in a scope, or in the tenant.
    Collection(Option<ResourceId>, &'static Definition),
    /// A POST on a resource.
    Action(ResourceId, &'static Definition, &'static Action),
}

/// Finds what the path means.
pub fn route(store: &Store, call: &Call) -> Result<Target, ErrorResponse> {
    let path = providers::canonical_path(store, &call.path);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if let Some(endpoint) = endpoint(&call.method, &segments) {
        return Ok(Target::Endpoint(endpoint));
    }
    if let Some(token) = operation(&segments) {
        return Ok(Target::Operation(token));
    }
    let path = format!("/{}", segments.join("/"));
    if let Ok(id) = path.parse::<ResourceId>() {
        let kind = id.resource_type();
        let definition =
            providers::definition(&kind).ok_or_else(|| providers::unknown(&kind, &call.version_text()))?;
        return Ok(Target::Resource(id, definition));
    }
    let Some((last, parent)) = segments.split_last() else {
        return Err(ErrorResponse::invalid_resource_id(&call.path));
    };
    let parent_id = format!("/{}", parent.join("/")).parse::<ResourceId>().ok();
    match (&call.method, parent_id) {
        (&Method::POST, Some(id)) => action(id, last, call),
        (_, parent_id) => collection(parent, parent_id, last, call),
    }
}

fn endpoint(method: &Method, segments: &[&str]) -> Option<&'static Endpoint> {
    providers::ENDPOINTS.iter().copied().flatten().find(|endpoint| {
        let template: Vec<&str> = endpoint.path.split('/').skip(1).collect();
        endpoint.method == *method
            && template.len() == segments.len()
            && template
                .iter()
                .zip(segments)
                .all(|(wanted, found)| wanted.starts_with('{') || wanted.eq_ignore_ascii_case(found))
    })
}

/// The token, if the path is one of those that answers to long-running requests name.
fn operation(segments: &[&str]) -> Option<String> {
    let is = |segment: &str, names: &[&str]| names.iter().any(|name| segment.eq_ignore_ascii_case(name));
    match segments {
        [.., locations, _, kind, token]
            if is(locations, &["locations"])
                && is(kind, &["operations", "operationResults", "operationStatuses"]) =>
        {
            Some((*token).to_owned())
        }
        [.., kind, token] if is(kind, &["operationResults"]) => Some((*token).to_owned()),
        _ => None,
    }
}

fn action(id: ResourceId, name: &str, call: &Call) -> Result<Target, ErrorResponse> {
    let kind = id.resource_type();
    let definition =
        providers::definition(&kind).ok_or_else(|| providers::unknown(&kind, &call.version_text()))?;
    match definition.action(name) {
        Some(action) => Ok(Target::Action(id, definition, action)),
        None => Err(ErrorResponse::not_implemented(&format!("POST {kind}/{name}"))),
    }
}

fn collection(
    parent: &[&str],
    parent_id: Option<ResourceId>,
    last: &str,
    call: &Call,
) -> Result<Target, ErrorResponse> {
    let (scope, kind) = match (parent, parent_id) {
        (_, Some(id)) if id.resource_type().is("Microsoft.Resources/subscriptions") => {
            (Some(id), format!("Microsoft.Resources/{last}"))
        }
        (_, Some(id)) => {
            let kind = format!("{}/{last}", id.resource_type());
            (Some(id), kind)
        }
        ([scope @ .., providers, namespace], None) if providers.eq_ignore_ascii_case("providers") => {
            let id = format!("/{}", scope.join("/")).parse().ok();
            if id.is_none() && !scope.is_empty() {
                return Err(ErrorResponse::invalid_resource_id(&call.path));
            }
            (id, format!("{namespace}/{last}"))
        }
        _ => return Err(ErrorResponse::invalid_resource_id(&call.path)),
    };
    let kind = arm::ResourceType::new(kind);
    let definition =
        providers::definition(&kind).ok_or_else(|| providers::unknown(&kind, &call.version_text()))?;
    Ok(Target::Collection(scope, definition))
}
