//! `GET /metrics`: what the gateway did, as Prometheus reads it.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::routing::get;

use super::Admin;

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(admin): State<Arc<Admin>>) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], admin.gateway.metrics())
}
