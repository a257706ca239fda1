//! What a request goes into: a connection of its own (HTTP/1.1), or a place on a shared one (HTTP/2).

use std::error::Error as _;
use std::pin::pin;

use http::header::{CONNECTION, HOST, HeaderValue};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::forward::Outgoing;
use super::http1::Connection;
use super::shared::Stream;

/// What a request goes into.
#[derive(Debug)]
pub enum Channel {
    /// A connection of HTTP/1.1.
    Connection(Box<Connection>),
    /// A place on a connection of HTTP/2.
    Stream(Stream),
}

/// Why a request got no answer on a shared connection.
pub struct Failure {
    /// The request, if nothing of it went out.
    pub unsent: Option<Outgoing>,
    /// The cause.
    pub error: hyper::Error,
}

impl Stream {
    /// Sends a request and waits for the head of its answer. The place comes back unless its connection closed meanwhile.
    pub async fn send(
        mut self,
        mut request: Outgoing,
        scheme: Scheme,
    ) -> Result<(Response<Incoming>, Option<Self>), Failure> {
        let before = into_http2(&mut request, scheme);
        let state = self.state();
        let mut ended = pin!(state.ended());
        ended.as_mut().enable();
        let mut answer = pin!(self.sender.try_send_request(request));
        // What is sent at the moment when a connection ends can lie in hyper's queue, where nobody looks again, until
        // the last sender is dropped.
        let (sent, place) = tokio::select! {
            biased;
            sent = &mut answer => (sent, Some(self)),
            () = ended => {
                drop(self);
                (answer.await, None)
            }
        };
        sent.map(|response| (response, place)).map_err(|error| {
            let failure = Failure::of(error, before);
            if failure.spoils_connection() {
                state.retire();
            }
            failure
        })
    }
}

/// What of a request looks different in HTTP/1.1.
type Before = (Uri, Option<HeaderValue>, Option<HeaderValue>);

/// In HTTP/2 the host is part of the target, and nothing is said about the connection.
fn into_http2(request: &mut Outgoing, scheme: Scheme) -> Before {
    let headers = request.headers_mut();
    let (host, connection) = (headers.remove(HOST), headers.remove(CONNECTION));
    let authority = host.as_ref().and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let mut parts = Parts::default();
    parts.path_and_query = request.uri().path_and_query().cloned().or(Some(PathAndQuery::from_static("/")));
    (parts.scheme, parts.authority) = (Some(scheme), authority);
    let before = request.uri().clone();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    (before, host, connection)
}

fn out_of_http2(request: &mut Outgoing, (uri, host, connection): Before) {
    *request.uri_mut() = uri;
    let mut restore = |name, value: Option<HeaderValue>| {
        value.map(|value| request.headers_mut().insert(name, value));
    };
    restore(HOST, host);
    restore(CONNECTION, connection);
}

impl Failure {
    fn of(mut error: TrySendError<Outgoing>, before: Before) -> Self {
        let mut unsent = error.take_message();
        if let Some(request) = &mut unsent {
            out_of_http2(request, before);
        }
        let error = error.into_error();
        Self { unsent, error }
    }

    /// The backend says that it did nothing with the request (RFC 9113, 8.7).
    pub fn is_refusal(&self) -> bool {
        self.http2().is_some_and(|cause| {
            cause.is_remote() && (cause.is_go_away() || cause.reason() == Some(h2::Reason::REFUSED_STREAM))
        })
    }

    /// Others should not be sent the same way: more failed than this one request.
    fn spoils_connection(&self) -> bool {
        self.is_refusal() || !self.http2().is_some_and(h2::Error::is_reset)
    }

    fn http2(&self) -> Option<&h2::Error> {
        self.error.source()?.downcast_ref()
    }
}
