//! The loop that all of the sandbox's own servers share: take connections, shake hands, serve HTTP/1.1 and HTTP/2,
//! and let requests finish when the sandbox stops.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Connections that one listener serves at a time; more wait.
const CONNECTIONS: usize = 1024;
/// A client must have sent its request's head, or finished its handshake, within this time.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long requests may take to finish once the sandbox stops.
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// What the TLS layer knows about a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// Nothing.
    Anonymous,
    /// It has a certificate of the sandbox's authority.
    Certified,
}

/// Serves a listener until `stop` is set and the requests under way are finished, or their time is over.
pub(crate) async fn serve<S, B>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    mut stop: watch::Receiver<bool>,
    service_for: impl Fn(Client) -> S,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let acceptor = tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (anonymous, certified) = (service_for(Client::Anonymous), service_for(Client::Certified));
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        while connections.try_join_next().is_some() {}
        let Some((stream, place)) = stream else { continue };
        let (acceptor, stop) = (acceptor.clone(), stop.clone());
        let services = (anonymous.clone(), certified.clone());
        connections.spawn(async move {
            let _place = place;
            match acceptor {
                None => connection(stream, services.0, stop).await,
                Some(acceptor) => {
                    let Ok(Ok(stream)) = timeout(HEAD_TIME, acceptor.accept(stream)).await else { return };
                    let certified = stream.get_ref().1.peer_certificates().is_some();
                    connection(stream, if certified { services.1 } else { services.0 }, stop).await;
                }
            }
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Without this, small answers wait for acknowledgements; a socket that refuses it works all the same.
            drop(stream.set_nodelay(true));
            Some((stream, place))
        }
        Err(error) => {
            // Out of file descriptors: other connections must end first.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn connection<S, B, I>(stream: I, service: S, mut stop: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_headers(100);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(256).max_header_list_size(64 * 1024);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        timeout(DRAIN_TIME, connection).await.unwrap_or(Ok(()))
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended early");
    }
}
