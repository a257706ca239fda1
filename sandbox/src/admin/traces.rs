//! `GET /traces`, `GET /traces/ID`, `PUT /traces/sampling`: what requests to the gateway went through.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use gateway::Trace;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Admin, guard};

/// How many requests leave a trace without being asked for it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sampling {
    per_second: u32,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/traces", get(list))
        .route("/traces/sampling", get(sampling).put(sample))
        .route("/traces/{id}", get(one))
}

async fn list(State(admin): State<Arc<Admin>>) -> Json<Value> {
    let traces = admin.gateway.traces();
    Json(json!(traces.iter().map(|trace| trace.summary()).collect::<Vec<_>>()))
}

async fn one(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Response {
    let newest = || admin.gateway.traces().into_iter().next();
    let found = if id == "latest" { newest() } else { admin.gateway.trace(&id) };
    match found.as_deref().map(Trace::json) {
        Some(trace) => Json(trace).into_response(),
        None => guard::problem(StatusCode::NOT_FOUND, "there is no such trace: the newest 200 are kept"),
    }
}

async fn sampling(State(admin): State<Arc<Admin>>) -> Json<Sampling> {
    Json(Sampling { per_second: admin.gateway.samples() })
}

async fn sample(State(admin): State<Arc<Admin>>, Json(wanted): Json<Sampling>) -> Json<Sampling> {
    admin.gateway.sample(wanted.per_second);
    Json(wanted)
}
