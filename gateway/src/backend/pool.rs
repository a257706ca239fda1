//! Open connections to backends that wait for the next request.
//!
//! Connections are kept per peer, so a request only ever reuses one to an endpoint that its route still names.
//! Each thread has its own rack and looks at the others' only when it is empty: no lock is shared between requests
//! in the common case.

use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use foldhash::HashMap;
use sim::Clock;

use super::http1::Connection;
use super::tls::Peer;
use crate::thread;

/// How long a connection waits before it is closed; shorter than the 75 s after which nginx closes its side, so that
/// reuse seldom meets a closing connection.
const IDLE: Duration = Duration::from_mins(1);
/// How many connections to one socket wait, per thread.
const PER_SOCKET: usize = 128;
/// How many sockets a thread keeps connections to.
const SOCKETS: usize = 1_024;
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
    connection: Box<Connection>,
    since: Duration,
}

impl Pool {
    /// An empty pool.
    pub fn new(clock: Clock) -> Self {
        Self { clock, racks: Default::default() }
    }

    /// A connection to `peer` that is open as far as one can tell.
    pub fn take(&self, peer: &Peer) -> Option<Box<Connection>> {
        let now = self.clock.elapsed();
        let own = thread::number();
        (0..RACKS).find_map(|offset| {
            let mut rack = match self.racks[(own + offset) % RACKS].try_lock() {
                Ok(rack) => rack,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return None,
            };
            let waiting = rack.get_mut(peer)?;
            while let Some(mut idle) = waiting.pop() {
                if idle.is_usable(now) {
                    return Some(idle.connection);
                }
            }
            None
        })
    }

    /// Keeps a connection for later.
    pub fn give(&self, connection: Box<Connection>) {
        let since = self.clock.elapsed();
        let mut rack = self.racks[thread::number() % RACKS].lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = rack.len() < SOCKETS;
        let waiting = match rack.get_mut(&connection.peer) {
            Some(waiting) => waiting,
            None if has_room => rack.entry(connection.peer.clone()).or_default(),
            None => return,
        };
        if waiting.len() < PER_SOCKET {
            waiting.push(Idle { connection, since });
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
                waiting.retain_mut(|idle| idle.is_usable(now));
                !waiting.is_empty()
            });
        }
    }
}

impl Idle {
    fn is_usable(&mut self, now: Duration) -> bool {
        now.saturating_sub(self.since) < IDLE && self.connection.is_usable()
    }
}
