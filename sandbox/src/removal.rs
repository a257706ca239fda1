//! Removing what a sandbox has in containers: nodes, their volumes, the network, and the contexts in the user's
//! kubeconfig. Found by label, so that it does not matter how the sandbox ended.

use std::sync::Arc;

use cluster::kind::images::Images;
use cluster::kind::{Engine, EngineInfo, Kind, Leave};
use network::Fabric;
use sim::{Clock, Ids};

use crate::parts::kind_config;
use crate::{Backend, Error, Machine, Settings};

/// What a sandbox that does not run has left in containers.
pub struct Removal {
    kind: Arc<Kind>,
}

impl Removal {
    /// The containers of the sandbox with these settings; `None` if it never had any.
    pub fn of(settings: &Settings, machine: Machine, clock: &Clock) -> Result<Option<Self>, Error> {
        if settings.cluster.backend != Backend::Kind {
            return Ok(None);
        }
        let parts = (clock, &Ids::random(), &Arc::new(Fabric::new()));
        Ok(Some(Self { kind: Kind::start(kind_config(settings, machine, parts))? }))
    }

    /// What is being done.
    pub fn reports(&self) -> Vec<String> {
        self.kind.reports().into_iter().map(|report| format!("{}: {}", report.name, report.message)).collect()
    }

    /// Removes everything, and waits until it is gone.
    pub async fn run(&self) -> Result<(), Error> {
        Ok(self.kind.stop(Leave::Nothing).await?)
    }
}

/// The images of MetalLB, which gives Services of kind clusters their addresses.
pub const LOAD_BALANCER_IMAGES: [&str; 2] =
    ["quay.io/metallb/controller:v0.15.3", "quay.io/metallb/speaker:v0.15.3"];

/// The Docker Engine's images.
pub fn engine_images(machine: &Machine) -> Result<Images, Error> {
    let engine = Engine::connect(machine.engine.as_deref(), machine.home.as_deref())?;
    Ok(Images::new(&engine))
}

/// What the Docker Engine is, or why it cannot be used.
pub async fn engine(machine: &Machine) -> Result<EngineInfo, Error> {
    let engine = Engine::connect(machine.engine.as_deref(), machine.home.as_deref())?;
    Ok(engine.info().await?)
}
