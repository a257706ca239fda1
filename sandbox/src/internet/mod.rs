//! The way into the simulated internet and networks: an HTTP proxy (absolute-form requests and `CONNECT`).
//!
//! A client that uses it stands on the internet, or, with the header [`FROM`] and the sandbox's token, on a machine
//! in a subnet (a jump box). Names of API Management services lead to the gateway, virtual addresses through the
//! virtual network; there is no way out to the real internet.
//!
//! **Differs from Azure:** what cannot be reached is refused at once, with the reason, instead of timing out.

mod destination;
mod forward;
pub(crate) mod origin;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use network::{Fabric, Place};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) use forward::strip;

use crate::endpoints::PortNumbers;
use crate::observed::Services;
use crate::server;

/// Names the subnet (by name or ARM id) from which a request starts; needs the sandbox's token.
pub const FROM: HeaderName = HeaderName::from_static("x-apimlab-from");
/// Marks an answer that stands for a connection that could not be made.
pub const UNREACHABLE: HeaderName = HeaderName::from_static("x-apimlab-unreachable");
/// Marks every answer that is the proxy's own.
pub const REFUSED: HeaderName = HeaderName::from_static("x-apimlab-refused");

type Answer = Response<BoxBody<Bytes, hyper::Error>>;

/// What the proxy knows.
pub(crate) struct Internet {
    pub fabric: Arc<Fabric>,
    pub services: Arc<Services>,
    pub ports: PortNumbers,
    pub token: String,
}

/// Why a request gets no further than the proxy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request is no proxy request, or names no usable place.
    BadRequest(String),
    /// Only the sandbox's owner may choose where a request starts.
    TokenNeeded,
    /// The simulated network has no way there.
    Unreachable(String),
    /// It would be a way out of the sandbox.
    Offline(String),
}

/// Serves the proxy until `stop` is set.
pub(crate) async fn serve(internet: Arc<Internet>, listener: TcpListener, stop: watch::Receiver<bool>) {
    server::serve(listener, None, stop, |_| {
        let internet = Arc::clone(&internet);
        service_fn(move |request| {
            let internet = Arc::clone(&internet);
            async move { Ok::<_, Infallible>(internet.answer(request).await) }
        })
    })
    .await;
}

impl Internet {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        match self.forward(request).await {
            Ok(answer) => answer,
            Err(refusal) => refusal.answer(),
        }
    }

    async fn forward(&self, request: Request<Incoming>) -> Result<Answer, Refusal> {
        let from = self.place(request.headers())?;
        let (host, port) = destination::of(&request)?;
        let socket = self.resolve(&from, &host, port)?;
        let stream = TcpStream::connect(socket)
            .await
            .map_err(|error| Refusal::Unreachable(format!("{host}:{port} does not answer: {error}")))?;
        if request.method() == Method::CONNECT {
            forward::tunnel(request, stream);
            return Ok(Response::new(empty()));
        }
        forward::request(request, stream, &host).await
    }

    fn place(&self, headers: &HeaderMap) -> Result<Place, Refusal> {
        let Some(name) = headers.get(FROM) else { return Ok(Place::Internet) };
        let given = headers.get(header::PROXY_AUTHORIZATION).and_then(|value| value.to_str().ok());
        if !given.is_some_and(|given| crate::admin::bearer_matches(given, &self.token)) {
            return Err(Refusal::TokenNeeded);
        }
        let name = name.to_str().map_err(|_| Refusal::BadRequest(format!("{FROM} is not text")))?;
        origin::find(&self.fabric.topology(), name).map_err(Refusal::BadRequest)
    }
}

impl Refusal {
    /// Why, for people.
    pub(crate) fn reason(&self) -> String {
        self.told().1
    }

    fn told(&self) -> (StatusCode, String) {
        match self {
            Self::BadRequest(reason) => (StatusCode::BAD_REQUEST, reason.clone()),
            Self::TokenNeeded => (
                StatusCode::PROXY_AUTHENTICATION_REQUIRED,
                format!("{FROM} needs the sandbox's token: Proxy-Authorization: Bearer TOKEN"),
            ),
            Self::Unreachable(reason) => (StatusCode::BAD_GATEWAY, reason.clone()),
            Self::Offline(name) => (
                StatusCode::BAD_GATEWAY,
                format!("the sandbox is offline: {name} is neither a service nor an address in it"),
            ),
        }
    }

    fn answer(&self) -> Answer {
        let (status, text) = self.told();
        let mut answer = Response::new(full(format!("{text}\n")));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(REFUSED, HeaderValue::from_static("1"));
        if matches!(self, Self::Unreachable(_)) {
            headers.insert(UNREACHABLE, HeaderValue::from_static("1"));
        }
        if matches!(self, Self::TokenNeeded) {
            headers.insert(header::PROXY_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }
}

fn full(text: String) -> BoxBody<Bytes, hyper::Error> {
    Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed()
}

fn empty() -> BoxBody<Bytes, hyper::Error> {
    full(String::new())
}
