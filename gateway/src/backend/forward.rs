//! Sends a request to a backend and brings its answer, over a connection that is open already where there is one.
//!
//! A connection that closes before a byte of the answer does not fail the request while the request can be sent
//! again: nothing of it went out, or it has no body and repeating it does no harm (RFC 9110, 9.2.2). So Pods come
//! and go without a failed call.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::uri::Scheme;
use http::{Method, Request, Response, StatusCode};

use super::channel::{self, Channel};
use super::http1::{Connection, Failure, Reached};
use super::shared::Stream;
use super::stream::BackendBody;
use super::tls::Peer;
use super::{Backend, Call, HttpVersion, dial};
use crate::body::{Body, BodyError, Break, Far, Watch};
use crate::error::{LastError, Reason};

/// How many sockets one request tries.
const TRIES: usize = 4;

/// A request as it goes to a backend.
pub type Outgoing = Request<Body>;

/// A backend's answer.
pub type Answer = Response<Body>;

/// Where a connection may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Supply {
    Pool,
    New,
}

/// What came of one try.
enum Outcome {
    Answered(Answer),
    /// The connection failed; the request if it can be sent again.
    Failed(Option<Outgoing>, String),
    /// The client did not send what it said that it would.
    Broken(Break, String),
}

impl Backend {
    /// Sends `request` and waits at most `timeout` for the head of the answer.
    ///
    /// # Errors
    /// The backend cannot be reached, breaks off, or does not answer in time.
    pub async fn forward(
        &self,
        call: Call<'_>,
        request: Outgoing,
        timeout: Duration,
    ) -> Result<Answer, LastError> {
        if let Some(stand_in) = &self.stand_in {
            return Box::pin(stand_in.answer(call, request)).await;
        }
        tokio::select! {
            biased;
            answer = self.answer(call, request) => answer,
            () = self.clock.sleep(timeout) => {
                let message = format!("the backend did not answer within {} ms", timeout.as_millis());
                Err(LastError::forward(Reason::Timeout, message))
            }
        }
    }

    async fn answer(&self, call: Call<'_>, mut request: Outgoing) -> Result<Answer, LastError> {
        let mut failed = Vec::new();
        let mut last = String::new();
        let mut supply = Supply::Pool;
        for _ in 0..TRIES * 2 {
            if failed.len() >= TRIES {
                break;
            }
            let socket = self.socket(call, &failed)?;
            let peer = Peer::new(socket, call);
            let (channel, reused) = match self.channel(&peer, call, supply).await {
                Ok(channel) => channel,
                Err(error) => {
                    last = format!("{socket}: {error}");
                    failed.push(socket);
                    continue;
                }
            };
            let outcome = match channel {
                Channel::Connection(connection) => self.send(connection, request).await,
                Channel::Stream(stream) => Box::pin(share(stream, request, peer.scheme())).await,
            };
            match outcome {
                Outcome::Answered(answer) => return Ok(answer),
                Outcome::Failed(Some(again), error) => {
                    last = format!("{socket}: {error}");
                    request = again;
                    // One stale connection says nothing about the socket, but others in the pool are likely as stale.
                    supply = Supply::New;
                    if !reused {
                        failed.push(socket);
                    }
                }
                Outcome::Failed(None, error) => return Err(broken(&error)),
                Outcome::Broken(how, error) => return Err(LastError::client_broke_off(how, &error)),
            }
        }
        Err(broken(&last))
    }

    /// What the request goes into, and whether it was there already.
    async fn channel(&self, peer: &Peer, call: Call<'_>, supply: Supply) -> io::Result<(Channel, bool)> {
        if peer.version == HttpVersion::One {
            return self.connection(peer, call, supply).await;
        }
        let gate = self.shared.gate(peer);
        if let Some(stream) = gate.join() {
            return Ok((Channel::Stream(stream), true));
        }
        if gate.is_old() {
            return self.connection(peer, call, supply).await;
        }
        let opening = gate.opening.lock().await;
        if let Some(stream) = gate.join() {
            return Ok((Channel::Stream(stream), true));
        }
        let channel = self.open(peer, call).await?;
        drop(opening);
        Ok((channel, false))
    }

    async fn connection(&self, peer: &Peer, call: Call<'_>, supply: Supply) -> io::Result<(Channel, bool)> {
        if supply == Supply::Pool
            && let Some(connection) = self.pool.take(peer)
        {
            return Ok((Channel::Connection(connection), true));
        }
        Ok((self.open(peer, call).await?, false))
    }

    /// A new connection. It is boxed as it is seldom needed, and what every request carries with it stays small.
    fn open<'a>(&'a self, peer: &'a Peer, call: Call<'a>) -> BoxFuture<'a, io::Result<Channel>> {
        Box::pin(self.opened(peer, call))
    }

    async fn opened(&self, peer: &Peer, call: Call<'_>) -> io::Result<Channel> {
        let tls = if call.to.tls { Some(self.tls.handshake(call)?) } else { None };
        let secure = tls.is_some();
        let io = dial::open(peer.socket, tls).await?;
        let spoken = if secure { dial::agreed(&io) } else { peer.version };
        match (peer.version, spoken) {
            (HttpVersion::Two, HttpVersion::One) => {
                Err(io::Error::other("the backend does not speak HTTP/2"))
            }
            (version, HttpVersion::One) => {
                if version == HttpVersion::TwoOrOne {
                    self.shared.gate(peer).found_old();
                }
                Ok(Channel::Connection(Box::new(Connection::new(peer.clone(), io))))
            }
            _ => Ok(Channel::Stream(self.shared.gate(peer).open(peer.socket, io).await?)),
        }
    }

    async fn send(&self, mut connection: Box<Connection>, mut request: Outgoing) -> Outcome {
        match connection.exchange(&mut request).await {
            Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                Outcome::Answered(response.map(|()| Body::Switched(Far::Backend(connection))))
            }
            Ok(response) => {
                Outcome::Answered(response.map(|()| Body::Backend(BackendBody::one(connection, &self.pool))))
            }
            Err(Failure { error, reached: Reached::Client(how) }) => Outcome::Broken(how, error.to_string()),
            Err(Failure { error, reached }) => {
                let is_whole = matches!(request.body(), Body::Empty | Body::Full(_));
                let again = match reached {
                    Reached::Nothing => is_whole,
                    Reached::Backend => is_whole && is_idempotent(request.method()),
                    Reached::Answer | Reached::Client(_) => false,
                };
                Outcome::Failed(again.then_some(request), error.to_string())
            }
        }
    }
}

async fn share(stream: Stream, request: Outgoing, scheme: Scheme) -> Outcome {
    let spare = spare(&request);
    let broken = Arc::new(OnceLock::new());
    let request = match &spare {
        Some(_) => request,
        None => request.map(|body| body.watched(Box::new(Breaks(Arc::clone(&broken))))),
    };
    let repeatable = is_idempotent(request.method());
    match stream.send(request, scheme).await {
        Ok((response, place)) => {
            Outcome::Answered(response.map(|incoming| Body::Backend(BackendBody::two(incoming, place))))
        }
        Err(failure) => {
            if let Some(how) = broken.get() {
                return Outcome::Broken(*how, failure.error.to_string());
            }
            // What cannot be parsed was an answer: the backend has seen the request.
            let again = repeatable && !failure.error.is_parse() || failure.is_refusal();
            let channel::Failure { unsent, error } = failure;
            Outcome::Failed(unsent.or(if again { spare } else { None }), error.to_string())
        }
    }
}

/// Notes that a body broke off, which hyper does not tell on shared connections.
struct Breaks(Arc<OnceLock<Break>>);

impl Watch for Breaks {
    fn data(&mut self, _: &Bytes) {}

    fn end(&mut self) {}

    fn broke(&mut self, error: &BodyError) {
        // The first says it all.
        let _ = self.0.set(Break::of(error));
    }
}

fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    )
}

/// A second copy of a request whose body is not streamed: backends say on shared connections that they did nothing with
/// the first.
fn spare(request: &Outgoing) -> Option<Outgoing> {
    let body = match request.body() {
        Body::Empty => Body::Empty,
        Body::Full(bytes) => Body::Full(bytes.clone()),
        _ => return None,
    };
    let mut copy = Request::new(body);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

pub(super) fn broken(message: &str) -> LastError {
    LastError::forward(Reason::BackendConnectionFailure, message)
}
