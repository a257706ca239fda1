//! `GET` and `PUT /workloads`: what runs for container images, instead of a registry. Survives restarts.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use emulator::{Change, Database};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Admin, guard};
use crate::Error;

const BUCKET: &str = "sandbox";
const KEY: &str = "workloads";
const MOST: usize = 256;

/// An image pattern and the local command that stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    image: String,
    command: Vec<String>,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/workloads", get(list).put(replace))
}

/// The table of the last `PUT`.
pub(crate) fn stored(database: &Database) -> Result<Vec<aks::Workload>, Error> {
    let stored = database.load(BUCKET)?.into_iter().find(|(key, _)| key == KEY);
    let entries: Vec<Entry> =
        stored.and_then(|(_, value)| serde_json::from_slice(&value).ok()).unwrap_or_default();
    Ok(entries
        .into_iter()
        .map(|entry| aks::Workload { image: entry.image, command: entry.command })
        .collect())
}

async fn list(State(admin): State<Arc<Admin>>) -> Response {
    match stored(&admin.database) {
        Ok(workloads) => {
            let entries =
                workloads.into_iter().map(|found| Entry { image: found.image, command: found.command });
            Json(entries.collect::<Vec<_>>()).into_response()
        }
        Err(error) => guard::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn replace(State(admin): State<Arc<Admin>>, Json(entries): Json<Vec<Entry>>) -> Response {
    if entries.len() > MOST {
        return guard::problem(StatusCode::BAD_REQUEST, "too many workloads: at most 256");
    }
    if entries.iter().any(|entry| entry.image.is_empty() || entry.command.is_empty()) {
        return guard::problem(StatusCode::BAD_REQUEST, "a workload needs an image pattern and a command");
    }
    let Ok(value) = serde_json::to_vec(&entries) else {
        return guard::problem(StatusCode::BAD_REQUEST, "the workloads cannot be stored");
    };
    let change = Change { bucket: BUCKET.to_owned(), key: KEY.to_owned(), value: Some(value) };
    if let Err(error) = admin.database.commit(vec![change]).await {
        return guard::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
    }
    let workloads =
        entries.into_iter().map(|entry| aks::Workload { image: entry.image, command: entry.command });
    admin.embedded.set_workloads(workloads.collect());
    StatusCode::NO_CONTENT.into_response()
}
