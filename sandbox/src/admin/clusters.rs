//! What is known about clusters in containers, as part of `GET /status`, and `POST /clusters/logs`: their nodes' logs as
//! files.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use cluster::kind::Report;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Admin, guard};

/// How far a cluster is, and how its nodes are.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportInfo {
    /// The name that `kind get clusters` shows.
    pub name: String,
    pub phase: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    pub nodes: Vec<NodeInfo>,
    /// The last sentences, oldest first.
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeInfo {
    pub name: String,
    pub role: String,
    pub container: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<std::net::Ipv4Addr>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub at: String,
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    folder: PathBuf,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/clusters/logs", post(logs))
}

/// The report about a cluster, if it is one of containers.
pub(super) fn report(admin: &Admin, cluster: &str) -> Option<ReportInfo> {
    let reports = admin.kind.as_ref()?.reports();
    reports.iter().find(|report| report.cluster.eq_ignore_ascii_case(cluster)).map(ReportInfo::of)
}

async fn logs(State(admin): State<Arc<Admin>>, Json(wanted): Json<Wanted>) -> Response {
    let Some(kind) = &admin.kind else {
        let message =
            "the clusters of this sandbox have no nodes of their own: `apimlab logs POD` prints a Pod's log";
        return guard::problem(StatusCode::CONFLICT, message);
    };
    if !wanted.folder.is_absolute() {
        return guard::problem(StatusCode::BAD_REQUEST, "the folder must be an absolute path");
    }
    match kind.logs(&wanted.folder).await {
        Ok(files) => Json(json!({ "files": files })).into_response(),
        Err(error) => guard::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

impl ReportInfo {
    fn of(report: &Report) -> Self {
        let nodes = report.nodes.iter().map(|node| NodeInfo {
            name: node.name.clone(),
            role: node.role.clone(),
            container: node.container.clone(),
            ready: node.ready,
            address: node.address,
        });
        let lines = report.lines.iter().map(|(at, text)| Line { at: at.rfc3339(), text: text.clone() });
        Self {
            name: report.name.clone(),
            phase: format!("{:?}", report.phase).to_ascii_lowercase(),
            percent: report.percent,
            message: report.message.clone(),
            failure: report.failure.clone(),
            nodes: nodes.collect(),
            lines: lines.collect(),
        }
    }
}
