//! `/version`.

use aks::ManagedCluster;
use http::{Response, StatusCode};
use serde_json::json;

use super::respond::{self, Body};

/// Spoken when the cluster's own version is not one.
const MINOR: &str = "34";

/// What the server says it is: the version that the cluster was asked for.
pub fn version(cluster: &ManagedCluster) -> Response<Body> {
    let wanted = cluster.kubernetes_version.trim_start_matches('v');
    let mut parts = wanted.split('.');
    let major = parts.next().filter(|part| !part.is_empty()).unwrap_or("1");
    let minor = parts.next().unwrap_or(MINOR);
    let patch = parts.next().unwrap_or("0");
    let version = json!({
        "major": major,
        "minor": minor,
        "gitVersion": format!("v{major}.{minor}.{patch}"),
        "gitCommit": "unknown",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    });
    respond::json(StatusCode::OK, &version)
}
