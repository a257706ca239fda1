//! Connections of HTTP/2 to backends: each carries many requests at a time.
//!
//! There is one connection to a peer as long as the streams that it may carry are enough; more are opened only when
//! all are taken. While one is being opened, others who want the same peer wait for it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sim::Clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::tls::Peer;
use crate::body::Body;

/// How many requests one connection carries at a time, at most.
const STREAMS: usize = 100;
/// How much of an answer waits in the gateway for a slow client, and of all answers on a connection.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// How much of a request waits for a slow backend.
const SEND_BUFFER: usize = 64 * 1024;
const HEADER_BYTES: u32 = 64 * 1024;
/// How long a connection without requests is kept.
const IDLE: Duration = Duration::from_mins(1);

/// The connections that are open, by peer.
#[derive(Debug, Default)]
pub struct Shared(Mutex<HashMap<Peer, Arc<Gate>>>);

/// The way to one peer.
#[derive(Debug, Default)]
pub struct Gate {
    /// Who holds it opens a connection.
    pub opening: tokio::sync::Mutex<()>,
    open: Mutex<Vec<Entry>>,
    /// It was asked and speaks HTTP/1.1 only.
    old: AtomicBool,
}

#[derive(Debug)]
struct Entry {
    sender: SendRequest<Body>,
    state: Arc<State>,
    idle_since: Option<Duration>,
}

/// What is known of a connection.
#[derive(Debug)]
pub struct State {
    /// The requests that it carries.
    streams: AtomicUsize,
    /// How many the peer lets it carry.
    most: AtomicUsize,
    retired: AtomicBool,
    ended: Notify,
}

/// A request's place on a connection, until it is dropped.
#[derive(Debug)]
pub struct Stream {
    /// Where the request goes into.
    pub sender: SendRequest<Body>,
    state: Arc<State>,
}

impl Shared {
    /// The way to a peer.
    pub fn gate(&self, peer: &Peer) -> Arc<Gate> {
        let mut gates = lock(&self.0);
        if let Some(gate) = gates.get(peer) {
            return Arc::clone(gate);
        }
        Arc::clone(gates.entry(peer.clone()).or_default())
    }

    /// No further request goes to the connections that are open.
    pub fn retire(&self) {
        for gate in lock(&self.0).values() {
            lock(&gate.open).iter().for_each(|entry| entry.state.retire());
        }
    }

    /// Closes connections that carried nothing for a while.
    pub fn sweep(&self, clock: &Clock) {
        let now = clock.elapsed();
        lock(&self.0).retain(|_, gate| {
            lock(&gate.open).retain_mut(|entry| entry.stays(now));
            !lock(&gate.open).is_empty() || Arc::strong_count(gate) > 1
        });
    }
}

impl Gate {
    /// A place on a connection that is open.
    pub fn join(&self) -> Option<Stream> {
        let mut open = lock(&self.open);
        open.retain(Entry::is_usable);
        let entry = open.iter_mut().find(|entry| entry.state.has_room())?;
        entry.idle_since = None;
        Some(Stream::new(&entry.sender, &entry.state))
    }

    /// Speaks HTTP/2 on a new connection; the first place on it.
    ///
    /// # Errors
    /// The peer does not.
    pub async fn open<S>(self: &Arc<Self>, socket: SocketAddr, stream: S) -> io::Result<Stream>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, mut connection) =
            builder().handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let state = Arc::new(State {
            streams: AtomicUsize::new(0),
            most: AtomicUsize::new(STREAMS),
            retired: AtomicBool::new(false),
            ended: Notify::new(),
        });
        let (gate, seen) = (Arc::downgrade(self), Arc::clone(&state));
        tokio::spawn(async move {
            let ended = poll_fn(|context| {
                let polled = Future::poll(Pin::new(&mut connection), context);
                seen.most.store(connection.current_max_send_streams(), Ordering::Relaxed);
                polled
            });
            if let Err(error) = ended.await {
                tracing::debug!(%socket, %error, "backend connection ended");
            }
            drop(connection);
            seen.retire();
            if let Some(gate) = gate.upgrade() {
                lock(&gate.open).retain(Entry::is_usable);
            }
            seen.ended.notify_waiters();
        });
        let place = Stream::new(&sender, &state);
        lock(&self.open).push(Entry { sender, state, idle_since: None });
        self.old.store(false, Ordering::Relaxed);
        Ok(place)
    }

    /// The peer speaks HTTP/1.1 only, as far as is known.
    pub fn is_old(&self) -> bool {
        self.old.load(Ordering::Relaxed)
    }

    /// Remembers that the peer speaks HTTP/1.1 only.
    pub fn found_old(&self) {
        self.old.store(true, Ordering::Relaxed);
    }
}

impl Entry {
    fn is_usable(&self) -> bool {
        !self.sender.is_closed() && !self.state.retired.load(Ordering::Relaxed)
    }

    fn stays(&mut self, now: Duration) -> bool {
        if self.state.streams.load(Ordering::Relaxed) > 0 {
            self.idle_since = None;
            return self.is_usable();
        }
        let since = *self.idle_since.get_or_insert(now);
        self.is_usable() && now.saturating_sub(since) < IDLE
    }
}

impl State {
    /// No further request goes to the connection.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Completes when the connection has ended, after this was enabled.
    pub fn ended(&self) -> Notified<'_> {
        self.ended.notified()
    }

    fn has_room(&self) -> bool {
        let most = self.most.load(Ordering::Relaxed).min(STREAMS);
        self.streams.load(Ordering::Relaxed) < most
    }
}

impl Stream {
    fn new(sender: &SendRequest<Body>, state: &Arc<State>) -> Self {
        state.streams.fetch_add(1, Ordering::Relaxed);
        Self { sender: sender.clone(), state: Arc::clone(state) }
    }

    /// What is known of its connection.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.state.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(HEADER_BYTES);
    builder
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
