//! Everything between the gateway and the backends: choosing a socket, connections and their reuse, forwarding.
//! <https://learn.microsoft.com/azure/api-management/forward-request-policy>

mod dial;
mod forward;
mod pool;
mod stream;
mod url;

use std::sync::Arc;

use network::{Fabric, Place};
use sim::Clock;

use pool::Pool;

pub use stream::BackendBody;
pub use url::BackendUrl;

/// The gateway's way to backends; shared by all services.
#[derive(Debug)]
pub struct Backend {
    clock: Clock,
    fabric: Arc<Fabric>,
    pool: Arc<Pool>,
}

/// Who calls a backend, and which.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Where the service sits in the network.
    pub from: &'a Place,
    /// The backend.
    pub to: &'a BackendUrl,
}

impl Backend {
    /// A way through this network.
    pub fn new(clock: Clock, fabric: Arc<Fabric>) -> Self {
        let pool = Arc::new(Pool::new(clock.clone()));
        Self { clock, fabric, pool }
    }

    /// Closes connections that nobody used for a while.
    pub fn sweep(&self) {
        self.pool.sweep();
    }
}
