//! Sends a request to a backend and brings its answer, over a connection that is open already where there is one.
//!
//! A connection that closes before a byte of the answer does not fail the request while the request can be sent
//! again: nothing of it went out, or it has no body and repeating it does no harm (RFC 9110, 9.2.2). So Pods come
//! and go without a failed call.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::UPGRADE;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::channel::{Channel, Failure};
use super::dial::Transport;
use super::stream::{BackendBody, Lease};
use super::tls::Peer;
use super::{Backend, Call, HttpVersion};
use crate::body::{Body, Break, Far};
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
    Answered(Response<Incoming>, Box<Lease>),
    /// The connection failed; the request if it can be sent again.
    Failed(Option<Outgoing>, hyper::Error),
    /// The client did not send what it said that it would.
    Broken(Break, hyper::Error),
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
            let switch = request.headers().contains_key(UPGRADE);
            match self.send(peer, channel, request).await {
                Outcome::Answered(response, lease) => return finish(response, lease, switch),
                Outcome::Failed(Some(again), error) => {
                    last = format!("{socket}: {error}");
                    request = again;
                    // One stale connection says nothing about the socket, but others in the pool are likely as stale.
                    supply = Supply::New;
                    if !reused {
                        failed.push(socket);
                    }
                }
                Outcome::Failed(None, error) => return Err(broken(&error.to_string())),
                Outcome::Broken(how, error) => {
                    return Err(LastError::client_broke_off(how, &error));
                }
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
            && let Some(sender) = self.pool.take(peer).await
        {
            return Ok((Channel::Connection(sender), true));
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
        let transport = Transport::open(peer.socket, tls).await?;
        let spoken = if secure { transport.agreed() } else { peer.version };
        match (peer.version, spoken) {
            (HttpVersion::Two, HttpVersion::One) => {
                Err(io::Error::other("the backend does not speak HTTP/2"))
            }
            (version, HttpVersion::One) => {
                if version == HttpVersion::TwoOrOne {
                    self.shared.gate(peer).found_old();
                }
                Ok(Channel::Connection(transport.converse(peer.socket).await?))
            }
            _ => Ok(Channel::Stream(transport.share(peer.socket, &self.shared.gate(peer)).await?)),
        }
    }

    async fn send(&self, peer: Peer, channel: Channel, request: Outgoing) -> Outcome {
        let shared = matches!(channel, Channel::Stream(_));
        let spare = spare(&request, shared);
        let repeatable = is_idempotent(request.method());
        let passage = request.body().passage();
        match channel.send(request, peer.scheme()).await {
            Ok((response, channel)) => Outcome::Answered(
                response,
                Box::new(Lease { pool: Arc::clone(&self.pool), peer, channel, passage }),
            ),
            Err(failure) => {
                if let Some(how) = passage.and_then(|passage| passage.broken()) {
                    return Outcome::Broken(how, failure.error);
                }
                // What cannot be parsed was an answer: the backend has seen the request.
                let again = repeatable && !failure.error.is_parse() || failure.is_refusal();
                let Failure { unsent, error } = failure;
                Outcome::Failed(unsent.or(if again { spare } else { None }), error)
            }
        }
    }
}

fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    )
}

/// A second copy of a request that may be repeated: one without a body whose method does no harm, and on shared
/// connections, where backends say that they did nothing with it, any whose body is not streamed.
fn spare(request: &Outgoing, shared: bool) -> Option<Outgoing> {
    let body = match request.body() {
        Body::Empty if shared || is_idempotent(request.method()) => Body::Empty,
        Body::Full(bytes) if shared => Body::Full(bytes.clone()),
        _ => return None,
    };
    let mut copy = Request::new(body);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

fn finish(mut response: Response<Incoming>, lease: Box<Lease>, switch: bool) -> Result<Answer, LastError> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        if !switch {
            return Err(broken("the backend switched protocols without being asked to"));
        }
        let switched = hyper::upgrade::on(&mut response);
        return Ok(response.map(|_| Body::Switched(Far::Backend(switched))));
    }
    Ok(response.map(|incoming| Body::Backend(BackendBody::new(incoming, lease))))
}

pub(super) fn broken(message: &str) -> LastError {
    LastError::forward(Reason::BackendConnectionFailure, message)
}
