//! Open connections to backends that wait for the next request.
//!
//! Connections are kept per peer, so a request only ever reuses one to an endpoint that its route still names.
//! Each thread has its own rack and looks at the others' only when it is empty: no lock is shared between requests
//! in the common case.

use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use foldhash::HashMap;
use hyper::client::conn::http1::SendRequest;
use sim::Clock;

use super::tls::Peer;
use crate::body::Body;
use crate::thread;

/// The end of a connection that requests go into.
pub type Sender = SendRequest<Body>;

/// How long a connection waits before it is closed; shorter than the 75 s after which nginx closes its side, so that
/// reuse seldom meets a closing connection.
const IDLE: Duration = Duration::from_mins(1);
/// How many connections to one socket wait, per thread.
const PER_SOCKET: usize = 128;
/// How many sockets a thread keeps connections to.
const SOCKETS: usize = 1_024;
/// How often a connection is asked whether it is done with the request before.
const PATIENCE: usize = 16;
const RACKS: usize = 16;

/// The connections that wait.
#[derive(Debug)]
pub struct Pool {
    clock: Clock,
    racks: [Mutex<Rack>; RACKS],
}

type Rack = HashMap<Peer, Vec<Idle>>;

#[derive(Debug)]
struct Idle {
    sender: Sender,
    since: Duration,
}

impl Pool {
    /// An empty pool.
    pub fn new(clock: Clock) -> Self {
        Self { clock, racks: Default::default() }
    }

    /// A connection to `peer` that is open as far as one can tell.
    pub async fn take(&self, peer: &Peer) -> Option<Sender> {
        while let Some(sender) = self.pick(peer) {
            if settled(&sender).await {
                return Some(sender);
            }
        }
        None
    }

    /// Keeps a connection for later.
    pub fn give(&self, peer: &Peer, sender: Sender) {
        if sender.is_closed() {
            return;
        }
        let since = self.clock.elapsed();
        let mut rack = self.racks[thread::number() % RACKS].lock().unwrap_or_else(PoisonError::into_inner);
        if rack.len() >= SOCKETS && !rack.contains_key(peer) {
            return;
        }
        let waiting = rack.entry(peer.clone()).or_default();
        if waiting.len() < PER_SOCKET {
            waiting.push(Idle { sender, since });
        }
    }

    /// Closes everything that waits.
    pub fn clear(&self) {
        for rack in &self.racks {
            rack.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Closes what waited too long.
    pub fn sweep(&self) {
        let now = self.clock.elapsed();
        for rack in &self.racks {
            let mut rack = rack.lock().unwrap_or_else(PoisonError::into_inner);
            rack.retain(|_, waiting| {
                waiting.retain(|idle| usable(idle, now));
                !waiting.is_empty()
            });
        }
    }

    fn pick(&self, peer: &Peer) -> Option<Sender> {
        let now = self.clock.elapsed();
        let own = thread::number();
        (0..RACKS).find_map(|offset| {
            let mut rack = match self.racks[(own + offset) % RACKS].try_lock() {
                Ok(rack) => rack,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return None,
            };
            let waiting = rack.get_mut(peer)?;
            while let Some(idle) = waiting.pop() {
                if usable(&idle, now) {
                    return Some(idle.sender);
                }
            }
            None
        })
    }
}

/// The answer before was read to its end, so the connection only has its own bookkeeping to do. One that needs longer
/// is stuck, such as with a request that its backend does not read.
async fn settled(sender: &Sender) -> bool {
    for _ in 0..PATIENCE {
        if sender.is_ready() || sender.is_closed() {
            break;
        }
        tokio::task::yield_now().await;
    }
    sender.is_ready()
}

fn usable(idle: &Idle, now: Duration) -> bool {
    !idle.sender.is_closed() && now.saturating_sub(idle.since) < IDLE
}
