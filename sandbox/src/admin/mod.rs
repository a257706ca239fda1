//! The sandbox's own API: whether it is well, what runs in it, its log, and its end. One file per group of
//! endpoints, one line per group below.
//!
//! On loopback only, with a token, for names of this machine only (so that a foreign web page cannot reach it by
//! rebinding a name), and never for requests that another site's page makes.

mod clusters;
mod configuration;
mod emissions;
mod faults;
mod guard;
mod health;
mod images;
mod logs;
mod metrics;
mod path;
mod policies;
mod shutdown;
mod status;
mod time;
mod traces;
mod workloads;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use cluster::embedded::Embedded;
use cluster::kind::Kind;
use emulator::{Database, Emulator};
use gateway::Gateway;
use hyper_util::service::TowerToHyperService;
use network::Fabric;
use sim::{Clock, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::backend::ClusterSettings;
use crate::endpoints::PortNumbers;
use crate::log::Log;
use crate::observed::{Clusters, Services};
use crate::server;

pub(crate) use guard::bearer_matches;
pub(crate) use images::stored as stored_images;
pub(crate) use workloads::stored as stored_workloads;

/// The most that a request to this API may carry.
const BODY_LIMIT: usize = 1024 * 1024;

/// What the API is about.
pub(crate) struct Admin {
    pub clock: Clock,
    pub started_at: Timestamp,
    /// What configurations of gateways have in common.
    pub frame: apim::Configuration,
    pub token: String,
    pub state_dir: PathBuf,
    pub ports: PortNumbers,
    pub log: Log,
    pub clusters: Arc<Clusters>,
    pub services: Arc<Services>,
    pub fabric: Arc<Fabric>,
    pub gateway: Arc<Gateway>,
    pub embedded: Arc<Embedded>,
    pub emulator: Arc<Emulator>,
    pub kind: Option<Arc<Kind>>,
    pub cluster: ClusterSettings,
    pub database: Arc<Database>,
    pub stop: watch::Sender<bool>,
}

/// Serves the API until `stop` is set.
pub(crate) async fn serve(admin: Arc<Admin>, listener: TcpListener, stop: watch::Receiver<bool>) {
    let router = router(admin);
    server::serve(listener, None, stop, |_| TowerToHyperService::new(router.clone())).await;
}

fn router(admin: Arc<Admin>) -> Router {
    Router::new()
        .merge(clusters::routes())
        .merge(configuration::routes())
        .merge(emissions::routes())
        .merge(faults::routes())
        .merge(health::routes())
        .merge(images::routes())
        .merge(logs::routes())
        .merge(metrics::routes())
        .merge(path::routes())
        .merge(policies::routes())
        .merge(shutdown::routes())
        .merge(status::routes())
        .merge(time::routes())
        .merge(traces::routes())
        .merge(workloads::routes())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), guard::check))
        .with_state(admin)
}
