//! `GET /gateway/configuration`: what a gateway in a process of its own serves. With `If-None-Match` and
//! `Prefer: wait=SECONDS` the answer waits until there is something else. The token of a gateway entity gets what is
//! linked to it, the sandbox's own token all.
//! <https://learn.microsoft.com/azure/api-management/self-hosted-gateway-overview#connectivity-to-azure>
//!
//! **Differs from Azure:** one endpoint for all services.

use std::sync::Arc;
use std::time::Duration;

use apim::{Configuration, GatewayKind, Service, Snapshot};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};

use super::{Admin, guard};
use crate::self_hosted::CONFIGURATION_PATH;

/// How long an answer may wait at most.
const WAIT: Duration = Duration::from_secs(30);
/// How soon it is looked whether something is new.
const PAUSE: Duration = Duration::from_millis(10);

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route(CONFIGURATION_PATH, get(configuration))
}

async fn configuration(State(admin): State<Arc<Admin>>, headers: HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known = known.map(|value| value.trim_matches('"').to_owned());
    let end = admin.clock.elapsed() + wait(&headers);
    let mut stop = admin.stop.subscribe();
    if seen(&admin, &headers).is_none() {
        return unknown();
    }
    while known.as_ref() == Some(&revision(&admin)) {
        if *stop.borrow_and_update() || admin.clock.elapsed() >= end {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        admin.clock.sleep(PAUSE).await;
    }
    // The number first: what comes in between makes the next question find something new.
    let revision = revision(&admin);
    let Some(snapshot) = seen(&admin, &headers) else { return unknown() };
    let found = Configuration {
        snapshot: snapshot.as_ref().clone(),
        network: admin.fabric.picture(),
        revision: revision.clone(),
        ..admin.frame.clone()
    };
    ([(header::ETAG, format!("\"{revision}\""))], Json(found)).into_response()
}

fn unknown() -> Response {
    let message = "no gateway has this token: get another with `generateToken`";
    guard::problem(StatusCode::UNAUTHORIZED, message)
}

/// What the caller may see; `None` if its token is no gateway's, or no more.
fn seen(admin: &Admin, headers: &HeaderMap) -> Option<Arc<Snapshot>> {
    let snapshot = admin.services.snapshot().1;
    match guard::gateway_token(headers) {
        None => Some(snapshot),
        Some(token) => part(&snapshot, token, &admin.clock.now().rfc3339()).map(Arc::new),
    }
}

/// The service of the gateway that takes this token, with the APIs that the gateway serves, as it serves them.
fn part(snapshot: &Snapshot, token: &str, now: &str) -> Option<Snapshot> {
    let found = snapshot.services.iter().find_map(|service| {
        Some((service, service.gateways.iter().find(|gateway| gateway.takes(token, now))?))
    });
    let (service, gateway) = found?;
    let serves = |name: &str| gateway.apis.iter().any(|api| api.eq_ignore_ascii_case(name));
    let mut service =
        Service { gateway: GatewayKind::SelfHosted, gateways: Vec::new(), ..apim::Service::clone(service) };
    service.apis.retain(|api| serves(&api.name));
    for product in &mut service.products {
        product.apis.retain(|api| serves(api));
    }
    Some(Snapshot { services: vec![service.into()] })
}

/// Moves when the services or the network change, and with each start of the sandbox.
fn revision(admin: &Admin) -> String {
    let (started, services) = (admin.started_at.unix_millis(), admin.services.snapshot().0);
    format!("{started}.{services}.{}", admin.fabric.version())
}

fn wait(headers: &HeaderMap) -> Duration {
    let wait = headers.get("prefer").and_then(|value| value.to_str().ok()?.strip_prefix("wait="));
    let seconds = wait.and_then(|seconds| seconds.trim().parse().ok()).unwrap_or_default();
    Duration::from_secs(seconds).min(WAIT)
}
