//! The HTTPS side of the embedded clusters: who a client is, as the TLS layer found out.

use std::convert::Infallible;
use std::sync::Arc;

use cluster::embedded::{Embedded, Peer};
use hyper::service::service_fn;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::server::{self, Client};

/// Serves the Kubernetes API of all clusters until `stop` is set.
pub(crate) async fn serve(
    clusters: Arc<Embedded>,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    stop: watch::Receiver<bool>,
) {
    server::serve(listener, Some(tls), stop, |client| {
        let clusters = Arc::clone(&clusters);
        service_fn(move |request| {
            let clusters = Arc::clone(&clusters);
            async move {
                let peer = match client {
                    Client::Anonymous => Peer::Anonymous,
                    Client::Certified => Peer::ClientCertificate,
                };
                Ok::<_, Infallible>(clusters.handle(request, peer).await)
            }
        })
    })
    .await;
}
