//! Takes connections, speaks HTTP/1.1 and HTTP/2 on them, and lets requests under way finish when it is stopped.
//!
//! **Differs from Azure:** limits are those of the sandbox: 100 headers and 64 KiB of them, 16,384 connections, of which
//! the longest idle ones end when more come; how slow clients may be is in `pace`.

pub mod hygiene;
mod open;
mod pace;
pub mod tunnel;
mod wire;

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::pki_types::CertificateDer;
use sim::Clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::Gateway;
use crate::handle::{Unreachable, handle};

pub use hygiene::Violation;
use open::{Activity, Answer, Open};
use tunnel::Tunnel;

const CONNECTIONS: usize = 16_384;
const HEADERS: usize = 100;
const HEAD_BYTES: usize = 64 * 1024;
const STREAMS: u32 = 250;
const FIRST_TIME: Duration = Duration::from_secs(30);
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
const DRAIN_TIME: Duration = Duration::from_mins(1);
/// What a connection that makes room has to end in before it is cut off and the next one is asked.
const PARTING: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(30);

/// A client's connection, as its requests see it.
#[derive(Debug)]
pub struct Connection {
    /// The client's address.
    pub client: IpAddr,
    /// The scheme that the client used.
    pub scheme: apim::Scheme,
    /// The client's certificate and what it was issued by.
    pub certificates: Arc<[CertificateDer<'static>]>,
    activity: Arc<Activity>,
    verdict: Arc<wire::Verdict>,
    requests: AtomicU64,
    tunnel: Mutex<Option<Tunnel>>,
}

impl Connection {
    /// Counts a request; the violation if it is one that must be refused. Streams of HTTP/2 are counted too, where
    /// nothing is ever found.
    pub fn next_request(&self) -> Result<(), Violation> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        if self.verdict.refuses(number) { Err(Violation::Framing) } else { Ok(()) }
    }

    /// What follows when the conversation is over.
    fn keep(&self, tunnel: Tunnel) {
        *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(tunnel);
    }

    fn tunnel(&self) -> Option<Tunnel> {
        self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Completes when a connection that makes room had its time, and nothing is under way.
    async fn stays_idle(&self, clock: &Clock) {
        clock.sleep(PARTING).await;
        while !self.activity.is_idle() {
            clock.sleep(PARTING).await;
        }
    }

    /// Completes when no request came for as long as the first one may take.
    async fn stays_silent(&self, clock: &Clock) {
        clock.sleep(FIRST_TIME).await;
        if self.requests.load(Ordering::Relaxed) > 0 {
            std::future::pending::<()>().await;
        }
    }
}

impl Gateway {
    /// Serves a listener until `stop` becomes true, then returns when the requests under way are done.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        stop: watch::Receiver<bool>,
    ) {
        self.serve_at_most(CONNECTIONS, listener, tls, stop).await;
    }

    /// The same with room for `most` connections. When there are more, the longest idle ones end.
    pub async fn serve_at_most(
        self: Arc<Self>,
        most: usize,
        listener: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        mut stop: watch::Receiver<bool>,
    ) {
        let tls = tls.map(TlsAcceptor::from);
        // Whoever shares counters does so from the first request on, if the others can be reached.
        self.state.settled().await;
        let mut connections = JoinSet::new();
        let mut open = Open::new(most);
        let mut waiting = None;
        let mut look = pin!(self.clock.sleep(pace::PERIOD));
        // The one that is not a connection.
        connections.spawn(Arc::clone(&self).sweep(stop.clone()));
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                () = look.as_mut() => {
                    open.look();
                    look.set(self.clock.sleep(pace::PERIOD));
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                // Who comes when all places are taken waits for one, and keeps those behind waiting.
                () = self.clock.sleep(PARTING), if waiting.is_some() => open.make_room(),
                accepted = listener.accept(), if waiting.is_none() => match accepted {
                    Ok(accepted) => {
                        if connections.len() > most {
                            open.make_room();
                        }
                        waiting = Some(accepted);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot take a connection");
                        // The process may have no more files to open.
                        open.make_room();
                        self.clock.sleep(Duration::from_millis(50)).await;
                    }
                },
            }
            if connections.len() <= most
                && let Some((stream, peer)) = waiting.take()
            {
                let connection = Connection::new(peer.ip(), open.add());
                let gateway = Arc::clone(&self);
                connections.spawn(gateway.accept(stream, connection, tls.clone(), stop.clone()));
            }
        }
        drop(listener);
        let drained = async { while connections.join_next().await.is_some() {} };
        tokio::select! {
            () = drained => {}
            () = self.clock.sleep(DRAIN_TIME) => tracing::warn!("gave up waiting for requests under way"),
        }
    }

    async fn sweep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = self.clock.sleep(SWEEP) => self.backend.sweep(),
            }
        }
    }

    async fn accept(
        self: Arc<Self>,
        stream: TcpStream,
        mut connection: Connection,
        tls: Option<TlsAcceptor>,
        stop: watch::Receiver<bool>,
    ) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let Some(tls) = tls else {
            return self.converse(stream, connection, stop).await;
        };
        let handshake = tokio::select! {
            handshake = tls.accept(stream) => handshake,
            () = self.clock.sleep(HANDSHAKE_TIME) => Err(io::ErrorKind::TimedOut.into()),
            () = connection.activity.asked_to_leave() => return,
        };
        match handshake {
            Ok(stream) => {
                connection.scheme = apim::Scheme::Https;
                connection.certificates = stream.get_ref().1.peer_certificates().unwrap_or_default().into();
                self.converse(stream, connection, stop).await;
            }
            Err(error) => tracing::debug!(client = %connection.client, %error, "TLS handshake failed"),
        }
    }

    async fn converse<S>(self: Arc<Self>, stream: S, connection: Connection, mut stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (verdict, activity) = (Arc::clone(&connection.verdict), Arc::clone(&connection.activity));
        let stream = wire::Watched::new(stream, verdict, activity);
        let connection = Arc::new(connection);
        let clock = self.clock.clone();
        let seen = Arc::clone(&connection);
        let service = service_fn(move |request| {
            let (gateway, connection) = (Arc::clone(&self), Arc::clone(&connection));
            async move {
                let under_way = connection.activity.begin();
                let response = handle(gateway, &connection, request).await?;
                Ok::<_, Unreachable>(response.map(|body| Answer::new(body, under_way)))
            }
        });
        let builder = builder();
        let mut conversation = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
        let outcome = tokio::select! {
            outcome = conversation.as_mut() => outcome,
            () = seen.stays_silent(&clock) => return,
            () = stopped(&mut stop) => {
                conversation.as_mut().graceful_shutdown();
                conversation.await
            }
            () = seen.activity.asked_to_leave() => {
                conversation.as_mut().graceful_shutdown();
                tokio::select! {
                    outcome = conversation.as_mut() => outcome,
                    () = seen.stays_idle(&clock) => return,
                }
            }
        };
        match (outcome, seen.tunnel()) {
            (Err(error), _) => tracing::debug!(%error, "client connection ended"),
            (Ok(()), None) => {}
            (Ok(()), Some(tunnel)) => {
                let _under_way = seen.activity.begin();
                tokio::select! {
                    () = tunnel.run() => {}
                    () = stopped(&mut stop) => {}
                }
            }
        }
    }
}

impl Connection {
    fn new(client: IpAddr, activity: Arc<Activity>) -> Self {
        Self {
            client: client.to_canonical(),
            scheme: apim::Scheme::Http,
            certificates: Arc::default(),
            activity,
            verdict: wire::Verdict::new(),
            requests: AtomicU64::new(0),
            tunnel: Mutex::default(),
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // What a head takes, and how long a connection idles, is in `pace`: a timer a request would cost more.
        .header_read_timeout(None)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
    builder
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone cannot ask for anything else either.
    let _ = stop.wait_for(|stop| *stop).await;
}
