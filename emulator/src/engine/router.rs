//! Which resource, list, action or other thing a path means.

use arm::{ErrorResponse, ResourceId};
use http::Method;

use crate::engine::{Action, Definition, Endpoint, Store, Verb};
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

/// What is asked for: as much of a request as its path needs to be understood.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// The method.
    pub method: &'r Method,
    /// The decoded path.
    pub path: &'r str,
    /// The api-version, for messages.
    pub version: &'r str,
}

/// Finds what the path means.
pub fn route(store: &Store, request: Request<'_>) -> Result<Target, ErrorResponse> {
    let path = providers::canonical_path(store, request.path);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if let Some(endpoint) = endpoint(request.method, &segments) {
        return Ok(Target::Endpoint(endpoint));
    }
    if let Some(token) = operation(&segments) {
        return Ok(Target::Operation(token));
    }
    if let Some(target) = action(&segments, request.method) {
        return Ok(target);
    }
    let path = format!("/{}", segments.join("/"));
    if let Ok(id) = path.parse::<ResourceId>() {
        let kind = id.resource_type();
        let definition =
            providers::definition(&kind).ok_or_else(|| providers::unknown(&kind, request.version))?;
        return Ok(Target::Resource(id, definition));
    }
    let Some((last, parent)) = segments.split_last() else {
        return Err(ErrorResponse::invalid_resource_id(request.path));
    };
    let parent_id = format!("/{}", parent.join("/")).parse::<ResourceId>().ok();
    match (request.method, parent_id) {
        (&Method::POST, Some(id)) => Err(unknown_action(&id, last, request)),
        (_, parent_id) => collection(parent, parent_id, last, request),
    }
}

impl Target {
    /// What is done with it: `None` for what only one method leads to; the error if the method is none of its type's.
    pub fn verb(&self, method: &Method) -> Result<Option<(Verb, &'static Definition)>, ErrorResponse> {
        let verb = match (self, method) {
            (Self::Endpoint(_), _)
            | (Self::Operation(_), &Method::GET)
            | (Self::Action(..), &Method::POST) => {
                return Ok(None);
            }
            (Self::Resource(_, definition), &Method::GET) => (Verb::Get, *definition),
            (Self::Resource(_, definition), &Method::HEAD) => (Verb::Head, *definition),
            (Self::Resource(_, definition), &Method::PUT) => (Verb::Put, *definition),
            (Self::Resource(_, definition), &Method::PATCH) => (Verb::Patch, *definition),
            (Self::Resource(_, definition), &Method::DELETE) => (Verb::Delete, *definition),
            (Self::Collection(_, definition), &Method::GET) => (Verb::List, *definition),
            _ => return Err(self.not_allowed(method)),
        };
        Ok(Some(verb))
    }

    /// The type, where there is one.
    pub fn definition(&self) -> Option<&'static Definition> {
        match self {
            Self::Resource(_, definition)
            | Self::Collection(_, definition)
            | Self::Action(_, definition, _) => Some(definition),
            Self::Endpoint(_) | Self::Operation(_) => None,
        }
    }

    /// 405: the method is none of these.
    pub fn not_allowed(&self, method: &Method) -> ErrorResponse {
        let name = self.definition().map_or("Microsoft.Resources/operations", |definition| definition.name);
        ErrorResponse::method_not_allowed(method.as_str(), &arm::ResourceType::new(name))
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

/// A POST: it begins where the longest resource that has such an action ends.
fn action(segments: &[&str], method: &Method) -> Option<Target> {
    if method != Method::POST {
        return None;
    }
    (1..segments.len()).rev().find_map(|at| {
        let (resource, name) = segments.split_at_checked(at)?;
        let id = format!("/{}", resource.join("/")).parse::<ResourceId>().ok()?;
        let definition = providers::definition(&id.resource_type())?;
        Some(Target::Action(id, definition, definition.action(&name.join("/"))?))
    })
}

fn unknown_action(id: &ResourceId, name: &str, request: Request<'_>) -> ErrorResponse {
    let kind = id.resource_type();
    match providers::definition(&kind) {
        Some(_) => ErrorResponse::not_implemented(&format!("POST {kind}/{name}")),
        None => providers::unknown(&kind, request.version),
    }
}

fn collection(
    parent: &[&str],
    parent_id: Option<ResourceId>,
    last: &str,
    request: Request<'_>,
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
                return Err(ErrorResponse::invalid_resource_id(request.path));
            }
            (id, format!("{namespace}/{last}"))
        }
        _ => return Err(ErrorResponse::invalid_resource_id(request.path)),
    };
    let kind = arm::ResourceType::new(kind);
    let definition =
        providers::definition(&kind).ok_or_else(|| providers::unknown(&kind, request.version))?;
    Ok(Target::Collection(scope, definition))
}
