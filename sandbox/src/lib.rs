//! The composition root: the control plane writes models, the gateway and the clusters run them, all three live in
//! one virtual network, in one process, on loopback only. This is the only crate that knows all parts.

mod admin;
mod any_client;
mod application_gateways;
pub mod authoring;
pub mod backend;
pub mod certificates;
pub mod coverage;
pub mod endpoints;
pub mod environment;
mod error;
mod identities;
pub mod internet;
mod kubernetes;
pub mod log;
mod observed;
mod parts;
pub mod persistence;
mod private_addresses;
mod redis;
mod removal;
mod resource_manager;
mod run_command;
pub mod self_hosted;
mod server;
mod settings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cluster::embedded::Embedded;
use cluster::kind::{Kind, Leave};
use emulator::{Database, Emulator};
use gateway::Gateway;
use network::Fabric;
use sim::{Clock, Ids, Pace};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use backend::{Backend, ClusterSettings, Machine, WantedCluster};
pub use cluster::embedded::workloads::supervise;
pub use cluster::kind::{Error as KindError, LOAD_BALANCER_IMAGES, bundle, images};
pub use endpoints::{Endpoint, PortNumbers, Ports};
pub use error::Error;
pub use observed::KUBECONFIG_FOLDER;
pub use persistence::{FolderLock, StateFolder};
pub use redis::Redis;
pub use removal::{Removal, engine, engine_images, relay};
pub use settings::{Process, Settings};

use admin::Admin;
use certificates::{Authority, ServerConfigs};
use endpoints::Listeners;
use identities::Identities;
use log::Log;
use parts::World;

/// The file of the control plane's and the clusters' objects in the state folder.
const DATABASE_FILE: &str = "state.db";
/// The folder of backups of API Management services in the state folder.
const BACKUP_FOLDER: &str = "backups";
/// How long all servers together may take to end.
const STOP_TIME: Duration = Duration::from_secs(5);

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a sandbox is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where its state is.
    pub state_dir: PathBuf,
    /// Where it listens.
    pub ports: Ports,
    /// How long long-running operations take.
    pub pace: Pace,
    /// How it is to run clusters.
    pub cluster: WantedCluster,
    /// The Redis that its gateway is to count in; as before, if nothing is said.
    pub redis: Option<Redis>,
    /// What the kind back end needs to know of this machine.
    pub machine: Machine,
    /// The command prefix that runs a workload and ends it when this process ends.
    pub supervisor: Vec<String>,
    /// Time.
    pub clock: Clock,
    /// Identifiers.
    pub ids: Ids,
}

/// A running sandbox.
pub struct Sandbox {
    settings: Settings,
    folder: StateFolder,
    stop: watch::Sender<bool>,
    embedded: Arc<Embedded>,
    kind: Option<Arc<Kind>>,
    servers: JoinSet<()>,
    _lock: FolderLock,
}

/// What answers at the endpoints.
struct Answers {
    gateway: Arc<Gateway>,
    emulator: Arc<Emulator>,
    embedded: Arc<Embedded>,
    admin: Admin,
    application_gateways: application_gateways::World,
}

impl Answers {
    fn serve(self, listeners: Listeners, tls: ServerConfigs, stop: &watch::Sender<bool>) -> JoinSet<()> {
        let Self { gateway, emulator, embedded, admin, application_gateways } = self;
        let internet = Arc::clone(&application_gateways.internet);
        let Listeners { gateway: http, gateway_https: https, .. } = listeners;
        let (arm, api) = (listeners.resource_manager, listeners.kubernetes);
        let mut servers = JoinSet::new();
        servers.spawn(Arc::clone(&gateway).serve(http, None, stop.subscribe()));
        servers.spawn(gateway.serve(https, Some(tls.gateway), stop.subscribe()));
        servers.spawn(resource_manager::serve(emulator, arm, tls.resource_manager, stop.subscribe()));
        servers.spawn(kubernetes::serve(embedded, api, tls.kubernetes, stop.subscribe()));
        servers.spawn(admin::serve(Arc::new(admin), listeners.admin, stop.subscribe()));
        servers.spawn(internet::serve(internet, listeners.proxy, stop.subscribe()));
        servers.spawn(application_gateways::serve(Arc::new(application_gateways), stop.subscribe()));
        servers
    }
}

impl Sandbox {
    /// Starts a sandbox; when this returns, everything listens.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let Config { state_dir, ports, pace, cluster, redis, machine, supervisor, clock, ids } = config;
        let folder = StateFolder::create(&state_dir)?;
        let lock = folder.lock_patiently(&clock).await?;
        let log = Log::open(&folder)?;
        log.install();
        let mut settings = Settings::load_or_make(&folder, &ids)?.wanting(&cluster, redis)?;
        let listeners = Listeners::bind(ports, settings.ports).await?;
        let ports = listeners.ports;
        let authority = Authority::open(&folder, clock.now())?;
        let tls = ServerConfigs::new(&authority)?;

        let identities = Arc::new(Identities::default());
        let world = World {
            clock: clock.clone(),
            ids,
            fabric: Arc::new(Fabric::new()),
            database: Database::open(&folder.file(DATABASE_FILE))?,
            folder: folder.clone(),
            ports,
        };
        let gateway = world.gateway(&settings, &authority, &identities);
        let embedded = world.kubernetes(&authority, supervisor)?;
        let services = world.services(&gateway);
        let kind = world.kind(&settings, machine).await?;
        let clusters = world.clusters(kind.as_ref(), &embedded);
        let emulator =
            world.control_plane(&settings, pace, Arc::clone(&services) as _, Arc::clone(&clusters) as _)?;
        identities.come_from(&emulator);

        settings.started(ports, clock.now());
        settings.store(&folder)?;
        environment::store(&folder, &settings, &ports)?;
        let (stop, token) = (watch::Sender::new(false), settings.admin_token.clone());
        let internet = world.internet(&services, &token);
        let admin = Admin {
            started_at: clock.now(),
            frame: world.frame(&authority),
            clock,
            token,
            state_dir: folder.path().to_owned(),
            ports,
            log,
            clusters,
            services,
            fabric: Arc::clone(&world.fabric),
            gateway: Arc::clone(&gateway),
            embedded: Arc::clone(&embedded),
            emulator: Arc::clone(&emulator),
            kind: kind.clone(),
            cluster: settings.cluster.clone(),
            database: world.database,
            stop: stop.clone(),
        };
        let application_gateways = application_gateways::World::new(internet, &authority)?;
        let answers =
            Answers { gateway, emulator, embedded: Arc::clone(&embedded), admin, application_gateways };
        let servers = answers.serve(listeners, tls, &stop);
        tracing::info!(version = VERSION, state = %folder.path().display(), ?ports, "the sandbox is ready");
        Ok(Self { settings, folder, stop, embedded, kind, servers, _lock: lock })
    }

    /// Who the sandbox is and where it listens.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where its state is.
    pub fn folder(&self) -> &StateFolder {
        &self.folder
    }

    /// Completes when somebody asked the sandbox to end, through its own API.
    pub async fn stop_requested(&self) {
        let mut stop = self.stop.subscribe();
        // The sender lives in `self`, so this can only end with the request.
        drop(stop.wait_for(|stop| *stop).await);
    }

    /// Lets requests finish, ends all workloads, and releases the state folder. Clusters of containers run on: the next
    /// start finds them, [`Removal`] removes them.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let servers = async { while self.servers.join_next().await.is_some() {} };
        let clusters = async {
            if let Some(kind) = &self.kind
                && let Err(error) = kind.stop(Leave::Running).await
            {
                tracing::warn!(%error, "the clusters were not left in order");
            }
        };
        let ((), (), drained) = tokio::join!(self.embedded.shutdown(), clusters, timeout(STOP_TIME, servers));
        if drained.is_err() {
            tracing::warn!("some connections did not end in time and were cut");
        }
        self.settings.process = None;
        if let Err(error) = self.settings.store(&self.folder) {
            tracing::warn!(%error, "the end could not be noted");
        }
        tracing::info!("the sandbox has ended");
    }
}
