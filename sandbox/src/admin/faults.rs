//! `GET /faults`, `POST /faults`, `DELETE /faults[/ID]`: what requests to the control plane are to suffer.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use emulator::Fault;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Admin, guard};

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/faults", get(list).post(add).delete(clear)).route("/faults/{id}", delete(remove))
}

async fn list(State(admin): State<Arc<Admin>>) -> Json<Vec<Fault>> {
    Json(admin.emulator.faults().list())
}

async fn add(State(admin): State<Arc<Admin>>, Json(fault): Json<Fault>) -> Response {
    match admin.emulator.faults().add(fault) {
        Ok(fault) => (StatusCode::CREATED, Json(fault)).into_response(),
        Err(error) => guard::problem(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn clear(State(admin): State<Arc<Admin>>) -> Json<Value> {
    Json(json!({ "removed": admin.emulator.faults().remove(None) }))
}

async fn remove(State(admin): State<Arc<Admin>>, Path(id): Path<u32>) -> Response {
    match admin.emulator.faults().remove(Some(id)) {
        0 => guard::problem(StatusCode::NOT_FOUND, "there is no such fault: `apimlab fault list` shows them"),
        removed => Json(json!({ "removed": removed })).into_response(),
    }
}
