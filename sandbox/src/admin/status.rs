//! `GET /status`: what runs in the sandbox and where it is found.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Admin;
use super::clusters::{self, ReportInfo};
use crate::backend::ClusterSettings;
use crate::endpoints::ENDPOINTS;
use crate::observed::{ClusterInfo, ServiceInfo};

/// The answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    version: &'static str,
    pid: u32,
    started_at: String,
    uptime_seconds: u64,
    state_dir: String,
    /// Resident memory; absent where the system does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    endpoints: Vec<EndpointInfo>,
    services: Arc<[ServiceInfo]>,
    /// What runs the clusters.
    cluster_settings: ClusterSettings,
    clusters: Vec<ClusterStatus>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterStatus {
    #[serde(flatten)]
    info: ClusterInfo,
    /// How far it is; only of clusters in containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportInfo>,
}

#[derive(Serialize)]
struct EndpointInfo {
    name: &'static str,
    url: String,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/status", get(status))
}

async fn status(State(admin): State<Arc<Admin>>) -> Json<Status> {
    let endpoints =
        ENDPOINTS.map(|endpoint| EndpointInfo { name: endpoint.name(), url: admin.ports.url(endpoint) });
    let clusters = admin
        .clusters
        .list()
        .into_iter()
        .map(|info| ClusterStatus { report: clusters::report(&admin, &info.id), info });
    Json(Status {
        version: crate::VERSION,
        pid: std::process::id(),
        started_at: admin.started_at.rfc3339(),
        uptime_seconds: admin.clock.now().since(admin.started_at).as_secs(),
        state_dir: admin.state_dir.display().to_string(),
        memory_bytes: resident_memory(),
        endpoints: endpoints.into(),
        services: admin.services.list(),
        cluster_settings: admin.cluster.clone(),
        clusters: clusters.collect(),
    })
}

/// `VmRSS` of <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn memory_is_known_on_linux() {
        let known = super::resident_memory();
        assert_eq!(known.is_some_and(|bytes| bytes > 100_000), cfg!(target_os = "linux"), "{known:?}");
    }
}
