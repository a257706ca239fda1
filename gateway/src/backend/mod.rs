//! Everything between the gateway and the backends: choosing a socket, connections and their reuse, forwarding.
//! <https://learn.microsoft.com/azure/api-management/forward-request-policy>

mod channel;
mod dial;
mod entity;
mod forward;
mod http1;
mod pool;
mod redirect;
mod shared;
mod stand_in;
mod stream;
mod tls;
mod url;
mod verifier;
mod version;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use network::{Fabric, Place};
use rustls::RootCertStore;
use sim::Clock;

use pool::Pool;
use shared::Shared;
use tls::Tls;

pub use entity::{Entities, Entity, Single};
pub use http1::Connection;
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
    /// When the connections that there are then are given up.
    renewal: Mutex<Option<Duration>>,
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
        let (shared, tls, renewal) = (Shared::default(), Tls::new(roots), Mutex::default());
        Self { clock, fabric, pool, shared, tls, stand_in: None, renewal }
    }

    /// The same with something that answers in place of all backends.
    #[must_use]
    pub fn with_stand_in(self, stand_in: Arc<StandIn>) -> Self {
        Self { stand_in: Some(stand_in), ..self }
    }

    /// After this long, requests go into new connections; those under way finish on theirs.
    pub fn renew(&self, after: Duration) {
        let due = self.clock.elapsed().saturating_add(after);
        let mut renewal = self.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        // Of two that were asked for the later does for both.
        *renewal = (*renewal).max(Some(due));
        drop(renewal);
        self.renew_if_due();
    }

    fn renew_if_due(&self) {
        let now = self.clock.elapsed();
        let mut renewal = self.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        if renewal.take_if(|due| *due <= now).is_some() {
            self.pool.clear();
            self.shared.retire();
        }
    }

    /// Closes connections that nobody used for a while.
    pub fn sweep(&self) {
        self.renew_if_due();
        self.pool.sweep();
        self.shared.sweep(&self.clock);
    }
}
