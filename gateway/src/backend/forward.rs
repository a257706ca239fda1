//! Sends a request to a backend and brings its answer, over a connection that is open already where there is one.
//!
//! A connection that closes before a byte of the answer does not fail the request while the request can be sent
//! again: nothing of it went out, or it has no body and repeating it does no harm (RFC 9110, 9.2.2). So Pods come
//! and go without a failed call.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::UPGRADE;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::pool::Sender;
use super::stream::{BackendBody, Lease};
use super::tls::Peer;
use super::{Backend, Call, dial};
use crate::body::{Body, Far};
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
    Answered(Response<Incoming>, Lease),
    /// The connection failed; the request if it can be sent again.
    Failed(Option<Outgoing>, hyper::Error),
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
            return stand_in.answer(call, request).await;
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
        while failed.len() < TRIES {
            let socket = self.socket(call, &failed)?;
            let peer = Peer::new(socket, call);
            let (sender, reused) = match self.connection(&peer, call, supply).await {
                Ok(connection) => connection,
                Err(error) => {
                    last = format!("{socket}: {error}");
                    failed.push(socket);
                    continue;
                }
            };
            let switch = request.headers().contains_key(UPGRADE);
            match self.send(peer, sender, request).await {
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
            }
        }
        Err(broken(&last))
    }

    async fn connection(&self, peer: &Peer, call: Call<'_>, supply: Supply) -> io::Result<(Sender, bool)> {
        if supply == Supply::Pool
            && let Some(sender) = self.pool.take(peer).await
        {
            return Ok((sender, true));
        }
        let tls = if call.to.tls { Some(self.tls.handshake(call)?) } else { None };
        Ok((dial::connect(peer.socket, tls).await?, false))
    }

    async fn send(&self, peer: Peer, mut sender: Sender, request: Outgoing) -> Outcome {
        let spare = spare(&request);
        let sent = request.body().sent();
        match sender.try_send_request(request).await {
            Ok(response) => {
                Outcome::Answered(response, Lease { pool: Arc::clone(&self.pool), peer, sender, sent })
            }
            Err(mut error) => {
                let unsent = error.take_message();
                let error = error.into_error();
                // What cannot be parsed was an answer: the backend has seen the request.
                let again = unsent.or(if error.is_parse() { None } else { spare });
                Outcome::Failed(again, error)
            }
        }
    }
}

/// A second copy of a request that may be repeated.
fn spare(request: &Outgoing) -> Option<Outgoing> {
    let idempotent = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    );
    if !idempotent || !request.body().is_empty() {
        return None;
    }
    let mut copy = Request::new(Body::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

fn finish(mut response: Response<Incoming>, lease: Lease, switch: bool) -> Result<Answer, LastError> {
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
