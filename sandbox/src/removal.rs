//! Removing what a sandbox has in containers: nodes, their volumes, the network, and the contexts in the user's
//! kubeconfig. Found by label, so that it does not matter how the sandbox ended.

use std::io;
use std::sync::Arc;

use cluster::kind::images::Images;
use cluster::kind::relay;
use cluster::kind::{Engine, EngineInfo, Kind, Leave};
use network::Fabric;
use sim::{Clock, Ids};
use tokio::net::TcpListener;

use crate::parts::kind_config;
use crate::{Backend, Error, Machine, Settings};

/// What a sandbox that does not run has left in containers.
pub struct Removal {
    kind: Arc<Kind>,
    sandbox: String,
}

impl Removal {
    /// The containers of the sandbox with these settings; `None` if it never had any.
    pub fn of(settings: &Settings, machine: Machine, clock: &Clock) -> Result<Option<Self>, Error> {
        if settings.cluster.backend != Backend::Kind {
            return Ok(None);
        }
        let parts = (clock, &Ids::random(), &Arc::new(Fabric::new()));
        let sandbox = settings.sandbox_name();
        Ok(Some(Self { kind: Kind::start(kind_config(settings, machine, parts))?, sandbox }))
    }

    /// What is being done.
    pub fn reports(&self) -> Vec<String> {
        self.kind.reports().into_iter().map(|report| format!("{}: {}", report.name, report.message)).collect()
    }

    /// Removes everything, and waits until it is gone.
    pub async fn run(&self) -> Result<(), Error> {
        self.kind.stop(Leave::Nothing).await?;
        Ok(relay::remove_image(self.kind.engine(), &self.sandbox).await?)
    }
}

/// The Docker Engine's images.
pub fn engine_images(machine: &Machine) -> Result<Images, Error> {
    let engine = Engine::connect(machine.engine.as_deref(), machine.home.as_deref())?;
    Ok(Images::new(&engine))
}

/// Passes connections on to addresses of a range, for who shows the token, until the listener fails.
pub async fn relay(listener: TcpListener, token: String, range: &str) -> io::Result<()> {
    let invalid = |_| io::Error::new(io::ErrorKind::InvalidInput, format!("`{range}` is no range"));
    relay::serve(listener, token, range.parse().map_err(invalid)?).await
}

/// What the Docker Engine is, or why it cannot be used.
pub async fn engine(machine: &Machine) -> Result<EngineInfo, Error> {
    let engine = Engine::connect(machine.engine.as_deref(), machine.home.as_deref())?;
    Ok(engine.info().await?)
}
