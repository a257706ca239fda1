//! `POST /shutdown`: the sandbox ends. The answer comes before the end.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::StatusCode;

use super::Admin;

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/shutdown", post(shutdown))
}

async fn shutdown(State(admin): State<Arc<Admin>>) -> StatusCode {
    tracing::info!("shutdown was requested");
    admin.stop.send_replace(true);
    StatusCode::ACCEPTED
}
