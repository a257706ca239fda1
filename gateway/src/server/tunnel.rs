//! WebSocket: once both sides agreed to switch protocols, bytes pass as they are.
//!
//! Nothing passes before the client has its 101: until then what it sends could still be a request.
//! <https://learn.microsoft.com/azure/api-management/websocket-api>
//!
//! **Differs from Azure:** over HTTP/1.1 only; a connection is not closed when it is idle.

use http::StatusCode;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use super::Connection;
use crate::body::{Body, Far};
use crate::context::Response;

/// What the protocol is called in `Upgrade`.
pub const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// A client and a backend that switch protocols.
#[derive(Debug)]
pub struct Tunnel {
    client: OnUpgrade,
    far: Far,
}

impl Tunnel {
    /// Passes bytes both ways until one side is done, or answers the client itself.
    pub async fn run(self) {
        if let Err(error) = self.passed().await {
            tracing::debug!(%error, "the protocol was not switched");
        }
    }

    async fn passed(self) -> hyper::Result<()> {
        let mut backend = match self.far {
            Far::Backend(backend) => backend,
            Far::Subscriptions(session) => {
                session.run(TokioIo::new(self.client.await?)).await;
                return Ok(());
            }
        };
        let mut client = TokioIo::new(self.client.await?);
        if let Err(error) = copy_bidirectional(&mut client, &mut backend).await {
            tracing::debug!(%error, "a WebSocket connection ended");
        }
        Ok(())
    }
}

impl Connection {
    /// Lets the connection go on as a tunnel if the answer says that the protocol is switched.
    pub fn switch(&self, mut response: Response, client: Option<OnUpgrade>) -> Response {
        if !matches!(response.body, Body::Switched(_)) {
            return response;
        }
        if let (Body::Switched(far), Some(client), StatusCode::SWITCHING_PROTOCOLS) =
            (std::mem::take(&mut response.body), client, response.status)
        {
            response.headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            response.headers.insert(UPGRADE, WEBSOCKET);
            self.verdict.switches();
            self.keep(Tunnel { client, far });
        }
        response
    }
}

/// What a client wants to speak after the head of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// What it speaks already.
    Http,
    /// WebSocket.
    WebSocket,
}

/// What the client asks to speak.
pub fn protocol(headers: &http::HeaderMap) -> Protocol {
    match headers.get(UPGRADE) {
        Some(value) if value.as_bytes().eq_ignore_ascii_case(WEBSOCKET.as_bytes()) => Protocol::WebSocket,
        _ => Protocol::Http,
    }
}

/// The client asks to speak WebSocket.
pub fn is_asked_for(headers: &http::HeaderMap) -> bool {
    protocol(headers) == Protocol::WebSocket
}
