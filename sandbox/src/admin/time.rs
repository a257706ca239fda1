//! `GET /time`, `PUT /time`, `POST /time/forward`: how fast long-running operations progress, and letting time pass.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use sim::Pace;

use super::{Admin, guard};

/// How fast.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    pace: String,
}

/// How much time is to pass; without, as much as the operations still take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Forward {
    seconds: Option<u32>,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/time", get(show).put(set)).route("/time/forward", post(forward))
}

async fn show(State(admin): State<Arc<Admin>>) -> Json<Value> {
    let running = admin.emulator.running().into_iter().map(
        |(kind, resource, remaining)| json!({"kind": kind, "resource": resource, "seconds": remaining.as_secs()}),
    );
    Json(json!({"pace": admin.emulator.pace().as_str(), "running": running.collect::<Vec<_>>()}))
}

async fn set(State(admin): State<Arc<Admin>>, Json(wanted): Json<Wanted>) -> Response {
    match wanted.pace.parse::<Pace>() {
        Ok(pace) => {
            admin.emulator.set_pace(pace);
            Json(json!({ "pace": pace.as_str() })).into_response()
        }
        Err(error) => guard::problem(StatusCode::BAD_REQUEST, &error),
    }
}

async fn forward(State(admin): State<Arc<Admin>>, Json(wanted): Json<Forward>) -> Response {
    let by = wanted.seconds.map(u64::from).map(Duration::from_secs);
    match admin.emulator.forward(by).await {
        Ok(ended) => {
            let running = admin.emulator.running().len();
            Json(json!({ "ended": ended, "running": running })).into_response()
        }
        Err(error) => guard::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
