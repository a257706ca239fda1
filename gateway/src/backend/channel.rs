//! What a request goes into: a connection of its own (HTTP/1.1), or a place on a shared one (HTTP/2).

use std::error::Error as _;
use std::pin::{Pin, pin};

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{Method, Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::forward::Outgoing;
use super::pool::Sender;
use super::shared::Stream;

/// What a request goes into.
#[derive(Debug)]
pub enum Channel {
    /// A connection of HTTP/1.1.
    Connection(Sender),
    /// A place on a connection of HTTP/2.
    Stream(Stream),
}

/// Why a request got no answer.
pub struct Failure {
    /// The request, if nothing of it went out.
    pub unsent: Option<Outgoing>,
    /// The cause.
    pub error: hyper::Error,
}

impl Channel {
    /// Sends a request and waits for the head of its answer. The channel comes back unless it closed meanwhile.
    pub async fn send(
        self,
        mut request: Outgoing,
        scheme: Scheme,
    ) -> Result<(Response<Incoming>, Option<Self>), Failure> {
        match self {
            Self::Connection(mut sender) => {
                frame_body(&mut request);
                let answer = pin!(sender.try_send_request(request));
                let sent = answer_or_end(answer, sender, async |sender| sender.ready().await.is_err()).await;
                sent.map(|(response, sender)| (response, sender.map(Self::Connection)))
                    .map_err(|error| Failure::of(error, None))
            }
            // Boxed, so that what requests of HTTP/1.1 carry with them stays small.
            Self::Stream(stream) => Box::pin(share(stream, request, scheme)).await,
        }
    }
}

async fn share(
    mut stream: Stream,
    mut request: Outgoing,
    scheme: Scheme,
) -> Result<(Response<Incoming>, Option<Channel>), Failure> {
    let before = into_http2(&mut request, scheme);
    let state = stream.state();
    let mut ended = pin!(state.ended());
    ended.as_mut().enable();
    let answer = pin!(stream.sender.try_send_request(request));
    let has_ended = async |_: &mut Stream| {
        ended.await;
        true
    };
    match answer_or_end(answer, stream, has_ended).await {
        Ok((response, stream)) => Ok((response, stream.map(Channel::Stream))),
        Err(error) => {
            let failure = Failure::of(error, Some(before));
            if failure.spoils_connection() {
                state.retire();
            }
            Err(failure)
        }
    }
}

type Sent = Result<Response<Incoming>, TrySendError<Outgoing>>;

/// Waits for an answer and, beside it, for the end of the connection: what is sent at the moment when a connection
/// ends can lie in hyper's queue, where nobody looks again, until the last sender is dropped.
async fn answer_or_end<S>(
    mut answer: Pin<&mut impl Future<Output = Sent>>,
    mut sender: S,
    has_ended: impl AsyncFnOnce(&mut S) -> bool,
) -> Result<(Response<Incoming>, Option<S>), TrySendError<Outgoing>> {
    let ended = tokio::select! {
        biased;
        answer = answer.as_mut() => return answer.map(|response| (response, Some(sender))),
        ended = has_ended(&mut sender) => ended,
    };
    let sender = (!ended).then_some(sender);
    answer.await.map(|response| (response, sender))
}

/// A body that says nothing of its length is sent in chunks. With these methods hyper would not send it at all.
fn frame_body(request: &mut Outgoing) {
    let is_dropped = matches!(*request.method(), Method::GET | Method::HEAD | Method::CONNECT);
    if is_dropped
        && request.body().size_hint().exact().is_none()
        && !request.headers().contains_key(CONTENT_LENGTH)
    {
        request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
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
    fn of(mut error: TrySendError<Outgoing>, before: Option<Before>) -> Self {
        let mut unsent = error.take_message();
        if let (Some(request), Some(before)) = (&mut unsent, before) {
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
