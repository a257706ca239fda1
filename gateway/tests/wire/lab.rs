//! A gateway that serves one service on a port of its own, with a backend behind it.

use std::net::SocketAddr;
use std::sync::Arc;

use apim::{DataPlane, Service, Snapshot};
use gateway::{Config, Gateway};
use network::Fabric;
use sim::{Clock, Ids};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::backend::Backend;
use crate::configuration;

/// A gateway and its backend.
pub struct Lab {
    pub address: SocketAddr,
    pub backend: Backend,
    pub clock: Clock,
    /// The gateway serves as long as this is there.
    _stop: watch::Sender<bool>,
}

impl Lab {
    /// Serves what the lines describe.
    pub async fn start(lines: &[String], clock: Clock) -> Result<Self, String> {
        Self::with_room(1_000, lines, clock).await
    }

    /// The same for so many connections.
    pub async fn with_room(most: usize, lines: &[String], clock: Clock) -> Result<Self, String> {
        let backend = Backend::start().await;
        let service = configuration::service(lines, &backend.address.to_string());
        let (address, stop) = serve(most, service, clock.clone()).await?;
        Ok(Self { address, backend, clock, _stop: stop })
    }

    pub async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        stream
    }
}

/// Serves a service until the sender that comes with the address is dropped.
async fn serve(
    most: usize,
    service: Service,
    clock: Clock,
) -> Result<(SocketAddr, watch::Sender<bool>), String> {
    let config = Config {
        clock,
        ids: Ids::sequence(),
        fabric: Arc::new(Fabric::new()),
        roots: Arc::new(rustls::RootCertStore::empty()),
        entra: None,
        redis: None,
    };
    let gateway = Gateway::new(config);
    let problem = |problems: Vec<diagnostic::Diagnostic>| format!("{problems:?}");
    gateway.publish(Snapshot { services: vec![service.into()] }).map_err(problem)?;
    // A trace takes identifiers, which cases name.
    gateway.sample(0);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(gateway.serve_at_most(most, listener, None, stopped));
    Ok((address, stop))
}
