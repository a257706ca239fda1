//! `GET /gateway/configuration`: what a gateway in a process of its own serves. With `If-None-Match` and
//! `Prefer: wait=SECONDS` the answer waits until there is something else.
//!
//! **Differs from Azure:** one endpoint for all services, and the sandbox's own token; tokens of gateway entities are
//! not taken yet.

use std::sync::Arc;
use std::time::Duration;

use apim::Configuration;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};

use super::Admin;
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
    while known.as_ref() == Some(&revision(&admin)) {
        if *stop.borrow_and_update() || admin.clock.elapsed() >= end {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        admin.clock.sleep(PAUSE).await;
    }
    // The number first: what comes in between makes the next question find something new.
    let revision = revision(&admin);
    let found = Configuration {
        snapshot: admin.services.snapshot().1.as_ref().clone(),
        network: admin.fabric.picture(),
        revision: revision.clone(),
        ..admin.frame.clone()
    };
    ([(header::ETAG, format!("\"{revision}\""))], Json(found)).into_response()
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
