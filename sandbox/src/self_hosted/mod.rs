//! A gateway in a process of its own: the data plane alone, which is told by a control plane, or by a file, what it
//! serves. It goes on with what it was told last while the control plane is away, also after a restart if it keeps a
//! backup.
//! <https://learn.microsoft.com/azure/api-management/self-hosted-gateway-overview>
//!
//! **Differs from Azure:** plain HTTP on one address; no tokens of managed identities; no heartbeat; it reaches the
//! addresses of the simulated network from where the service stands in it.

mod backup;
mod error;
mod source;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use apim::{Configuration, DataPlane};
use gateway::{Entra, Gateway, TokenFuture, TokenSource, Wanted};
use network::Fabric;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sim::{Clock, Ids};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Redis;
use backup::Backup;

pub use error::Error;
pub use source::{CONFIGURATION_PATH, Source};

/// How long it waits before it asks a control plane again that did not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// What such a gateway is started with.
#[derive(Debug)]
pub struct Options {
    /// Who tells it what it serves.
    pub source: Source,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The file that it starts from while the control plane is away.
    pub backup: Option<PathBuf>,
    /// The Redis that it counts in together with other gateways.
    pub redis: Option<Redis>,
    /// Time.
    pub clock: Clock,
    /// Identifiers.
    pub ids: Ids,
}

/// A running gateway.
pub struct SelfHosted {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    follower: JoinHandle<()>,
}

impl SelfHosted {
    /// Listens, gets the first configuration, and serves it. Until then connections wait.
    ///
    /// # Errors
    /// The address is taken, or there will never be a configuration: it is wrong, or the token is.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let Options { source, listen, backup, redis, clock, ids } = options;
        let taken = |reason| Error::Listen { address: listen, reason };
        let listener = TcpListener::bind(listen).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let origin = Origin { source, backup: backup.map(Backup::at), clock: clock.clone() };
        let first = origin.first().await?;
        let fabric = Arc::new(Fabric::new());
        let gateway = Gateway::new(gateway::Config {
            clock,
            ids,
            fabric: Arc::clone(&fabric),
            redis: redis.as_ref().and_then(Redis::address).cloned(),
            roots: Arc::new(roots(&first)?),
            entra: first.login.clone().map(|origin| Entra { origin, tokens: Arc::new(Nobody) }),
        });
        let known = first.revision.clone();
        serve_from_now_on(&gateway, &fabric, first).map_err(Error::Refused)?;
        tracing::info!(%address, revision = known, "the gateway serves");
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(Arc::clone(&gateway).serve(listener, None, stopped));
        let follower = tokio::spawn(origin.follow(known, gateway, fabric));
        Ok(Self { address, stop, server, follower })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, says so on those that are open, and lets requests under way finish.
    pub async fn stop(self) {
        tracing::info!("the gateway ends when the requests under way are done");
        self.stop.send_replace(true);
        self.follower.abort();
        drop(self.server.await);
    }
}

/// Where configurations come from.
struct Origin {
    source: Source,
    backup: Option<Backup>,
    clock: Clock,
}

impl Origin {
    /// The first configuration: from the control plane, or from the backup while that is away.
    async fn first(&self) -> Result<Configuration, Error> {
        loop {
            let error = match self.source.next(None).await {
                Ok(Some(found)) => {
                    self.keep(&found);
                    return Ok(found);
                }
                Ok(None) => continue,
                Err(error) if error.is_final() => return Err(error),
                Err(error) => error,
            };
            if let Some(kept) = self.backup.as_ref().map(Backup::read).transpose()?.flatten() {
                tracing::warn!(%error, revision = kept.revision, "the gateway starts from its backup");
                return Ok(kept);
            }
            tracing::warn!(%error, "there is no configuration yet");
            self.clock.sleep(PAUSE).await;
        }
    }

    /// Serves each newer configuration. One that does not compile is not asked for again.
    async fn follow(self, mut known: String, gateway: Arc<Gateway>, fabric: Arc<Fabric>) {
        loop {
            match self.source.next(Some(&known)).await {
                Ok(Some(found)) => {
                    known.clone_from(&found.revision);
                    let kept = found.clone();
                    match serve_from_now_on(&gateway, &fabric, found) {
                        Ok(()) => self.keep(&kept),
                        Err(problems) => {
                            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                            tracing::error!(?problems, revision = known, "the last good configuration stays");
                        }
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "the last configuration stays");
                    self.clock.sleep(PAUSE).await;
                }
            }
        }
    }

    fn keep(&self, configuration: &Configuration) {
        let Some(backup) = &self.backup else { return };
        if let Err(error) = backup.write(configuration) {
            tracing::warn!(%error, "there is no new backup");
        }
    }
}

/// The network first: what is served may need it.
fn serve_from_now_on(
    gateway: &Gateway,
    fabric: &Fabric,
    configuration: Configuration,
) -> Result<(), Vec<diagnostic::Diagnostic>> {
    fabric.show(configuration.network);
    gateway.publish(configuration.snapshot)
}

/// The authority of the control plane; backends with certificates of others are not reached from here yet.
fn roots(configuration: &Configuration) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = &configuration.authority {
        let der = CertificateDer::from_pem_slice(pem.as_bytes());
        let added =
            der.map_err(|error| error.to_string()).map(|der| roots.add(der).map_err(|e| e.to_string()));
        added.flatten().map_err(|error| Error::Unreadable(format!("its authority: {error}")))?;
    }
    Ok(roots)
}

/// Gives no tokens.
#[derive(Debug)]
struct Nobody;

impl TokenSource for Nobody {
    fn token<'a>(&'a self, _: &'a Wanted) -> TokenFuture<'a> {
        Box::pin(async {
            Err("a gateway in a process of its own gets no tokens of managed identities".to_owned())
        })
    }
}
