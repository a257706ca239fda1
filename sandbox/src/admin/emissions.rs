//! `GET /emissions?after=N`: the newest of what policies sent to event hubs, metrics, queues and traces, oldest first;
//! `after` leaves out what was seen already.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Json;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;

use super::Admin;

/// What is asked for.
#[derive(Debug, Deserialize)]
struct Wanted {
    #[serde(default)]
    after: u64,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/emissions", get(emissions))
}

async fn emissions(State(admin): State<Arc<Admin>>, Query(wanted): Query<Wanted>) -> Json<Vec<Value>> {
    Json(admin.gateway.emissions(wanted.after))
}
