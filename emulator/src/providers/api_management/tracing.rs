//! Traces of requests through the managed gateway: a token, and what was traced with it.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-api-inspector>
//!
//! **Differs from Azure:** a self-hosted gateway's traces stay with it; asked for them, the sandbox says that it has not got
//! that.

use std::time::Duration;

use apim::{DebugCredentials, TraceDocument, TraceEntry};
use arm::{ErrorResponse, ResourceId};
use serde_json::{Map, Value, json};

use super::validation;
use crate::engine::{ActionCall, Answer, duration, text};

/// The name of the service's own gateway.
pub const MANAGED: &str = "managed";

/// How long a token is good at most, and unless somebody says otherwise.
const HOUR: Duration = Duration::from_hours(1);

/// `POST …/listDebugCredentials`
pub fn list_debug_credentials(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let service = service(call)?;
    let body = call.world.call.json()?;
    let purposes = body.get("purposes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !matches!(purposes, [only] if only.as_str().is_some_and(|only| only.eq_ignore_ascii_case("tracing"))) {
        return Err(validation::field("purposes", "Purposes must be 'tracing'."));
    }
    let lifetime = match text(&body, &["credentialsExpireAfter"]) {
        None => HOUR,
        Some(given) => {
            duration(given).filter(|given| !given.is_zero() && *given <= HOUR).ok_or_else(|| {
                let message = "CredentialsExpireAfter must be an ISO 8601 duration of at most 1 hour.";
                validation::field("credentialsExpireAfter", message)
            })?
        }
    };
    let api = text(&body, &["apiId"]).and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned();
    if api.is_empty() || call.tx.get(&service.child("apis", &api)).is_none() {
        return Err(validation::field("apiId", "ApiId must be the identifier of an API of the service."));
    }
    let asked = DebugCredentials { service: service.to_string(), api, lifetime };
    match call.world.config.data_plane.debug_token(&asked) {
        Some(token) => Ok(Answer::json(200, json!({"token": token}))),
        None => Err(ErrorResponse::not_implemented("traces of this data plane")),
    }
}

/// `POST …/invalidateDebugCredentials`: no token that was handed out is good any longer.
pub fn invalidate_debug_credentials(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let service = service(call)?;
    if call.world.config.data_plane.forget_debug_tokens(&service.to_string()) {
        return Ok(Answer::empty(204));
    }
    Err(ErrorResponse::not_implemented("traces of this data plane"))
}

/// `POST …/listTrace`
pub fn list_trace(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let service = service(call)?;
    let body = call.world.call.json()?;
    let Some(id) = text(&body, &["traceId"]) else {
        return Err(validation::field("traceId", "TraceId is required."));
    };
    match call.world.config.data_plane.trace(&service.to_string(), id) {
        Some(trace) => Ok(Answer::json(200, shown(&trace))),
        None => Err(ErrorResponse::new(404, "ResourceNotFound", "Trace not found.")),
    }
}

/// The service whose own gateway is meant.
fn service(call: &ActionCall<'_, '_>) -> Result<ResourceId, ErrorResponse> {
    let id = &call.resource.id;
    match id.parent() {
        Some(service) if id.name().eq_ignore_ascii_case(MANAGED) => Ok(service),
        _ => Err(ErrorResponse::not_implemented("traces of a self-hosted gateway")),
    }
}

/// Sections that did nothing are left out.
fn shown(trace: &TraceDocument) -> Value {
    let TraceDocument { service, id, inbound, backend, outbound, on_error } = trace;
    let sections =
        [("inbound", inbound), ("backend", backend), ("outbound", outbound), ("on-error", on_error)];
    let entries: Map<String, Value> = sections
        .into_iter()
        .filter(|(_, entries)| !entries.is_empty())
        .map(|(name, entries)| (name.to_owned(), entries.iter().map(entry).collect()))
        .collect();
    json!({"serviceName": service, "traceId": id, "traceEntries": entries})
}

fn entry(entry: &TraceEntry) -> Value {
    let TraceEntry { source, timestamp, elapsed, data } = entry;
    json!({"source": source, "timestamp": timestamp, "elapsed": elapsed, "data": data})
}
