//! Everything between the gateway and the backends: choosing a socket, connections and their reuse, forwarding.
//! <https://learn.microsoft.com/azure/api-management/forward-request-policy>

mod channel;
mod dial;
mod entity;
mod forward;
mod pool;
mod redirect;
mod shared;
mod stand_in;
mod stream;
mod tls;
mod url;
mod verifier;
mod version;

use std::sync::Arc;

use network::{Fabric, Place};
use rustls::RootCertStore;
use sim::Clock;

use pool::Pool;
use shared::Shared;
use tls::Tls;

pub use entity::{Entities, Entity, Single};
pub use stand_in::{Prepared, StandIn};
pub use stream::BackendBody;
pub use tls::{Checks, Identity, Session};
pub use url::BackendUrl;
pub use version::HttpVersion;

/// The gateway's way to backends; shared by all services.
#[derive(Debug)]
pub struct Backend {
    clock: Clock,
    fabric: Arc<Fabric>,
    pool: Arc<Pool>,
    shared: Shared,
    tls: Tls,
    stand_in: Option<Arc<StandIn>>,
}

/// Who calls a backend, and which.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Where the service sits in the network.
    pub from: &'a Place,
    /// The backend.
    pub to: &'a BackendUrl,
    /// How the gateway shows itself to it.
    pub session: &'a Session,
    /// What it may speak with it.
    pub version: HttpVersion,
}

impl Backend {
    /// A way through this network, to backends whose certificates end at these roots.
    pub fn new(clock: Clock, fabric: Arc<Fabric>, roots: Arc<RootCertStore>) -> Self {
        let pool = Arc::new(Pool::new(clock.clone()));
        Self { clock, fabric, pool, shared: Shared::default(), tls: Tls::new(roots), stand_in: None }
    }

    /// The same with something that answers in place of all backends.
    #[must_use]
    pub fn with_stand_in(self, stand_in: Arc<StandIn>) -> Self {
        Self { stand_in: Some(stand_in), ..self }
    }

    /// Closes connections that nobody used for a while.
    pub fn sweep(&self) {
        self.pool.sweep();
        self.shared.sweep(&self.clock);
    }
}
