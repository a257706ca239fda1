//! One HTTP/1.1 request to a real socket, for probes and for the built-in `curl`.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// A request that is under way; dropping it breaks the connection.
pub struct Exchange {
    /// The head and body of the answer.
    pub response: Response<Incoming>,
    _connection: OnDrop,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// No connection.
    Connect(std::io::Error),
    /// The connection ended before the answer's head.
    Empty,
}

struct OnDrop(AbortHandle);

/// Sends a request and returns when the head of the answer is there.
pub async fn send(to: SocketAddr, request: Request<Full<Bytes>>) -> Result<Exchange, Failure> {
    let stream = TcpStream::connect(to).await.map_err(Failure::Connect)?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Empty)?;
    let connection = OnDrop(tokio::spawn(connection).abort_handle());
    let response = sender.send_request(request).await.map_err(|_| Failure::Empty)?;
    Ok(Exchange { response, _connection: connection })
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
