//! `GET /policies/effective?api=…&operation=…&product=…`: the policy that really applies, each element with where it is
//! from.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Admin, guard};
use crate::authoring::{Explained, explain};

/// What is asked for.
#[derive(Debug, Deserialize)]
struct Wanted {
    api: String,
    operation: Option<String>,
    product: Option<String>,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/policies/effective", get(effective))
}

async fn effective(State(admin): State<Arc<Admin>>, Query(wanted): Query<Wanted>) -> Response {
    let Wanted { api, operation, product } = wanted;
    match explain(&admin.gateway, &api, operation.as_deref(), product.as_deref()) {
        Ok(elements) => Json(elements.iter().map(element).collect::<Vec<_>>()).into_response(),
        Err(why) => guard::problem(StatusCode::NOT_FOUND, &why),
    }
}

fn element(element: &Explained) -> Value {
    json!({
        "section": element.section.as_str(),
        "policy": element.policy,
        "scope": element.scope.as_str(),
        "document": element.document,
        "line": element.position.line,
        "column": element.position.column,
        "text": element.text,
    })
}
