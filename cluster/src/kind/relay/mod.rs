//! A way to the Docker network for machines that have none: Docker Desktop keeps it inside of a virtual machine.
//! <https://docs.docker.com/desktop/features/networking/#i-cannot-ping-my-containers>
//!
//! A container on the network, made of this very program, passes connections on. It is published on the loopback address
//! only, and takes connections that show a token which is made anew with each start. For each address that the gateway
//! dials there is a loopback port here that leads through it.
//!
//! **Differs from Azure:** with `externalTrafficPolicy: Local` a Pod sees the relay's address where it would see the
//! gateway's; both are addresses of the virtual network, and neither is the caller's.

mod container;
mod greeting;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use super::balancer::Reach;
use super::{Engine, Error};

pub use container::{PORT, remove_image};
pub use serve::serve;

/// Addresses that have a port here.
const MOST: usize = 1024;

/// How long a new relay may take until it answers, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(50);

/// What a relay is made of.
#[derive(Debug, Clone)]
pub struct Program {
    /// This program, as a Linux binary.
    pub binary: PathBuf,
    /// What it relays with: `--listen`, `--range` and `--token-file` follow.
    pub command: Vec<String>,
}

/// The relay of a sandbox.
pub struct Relay {
    engine: Engine,
    sandbox: String,
    program: Program,
    token: String,
    clock: sim::Clock,
    /// Where it is published, once it runs.
    published: tokio::sync::Mutex<Option<SocketAddr>>,
    /// The port here that leads to an address there.
    ways: Mutex<HashMap<SocketAddrV4, SocketAddr>>,
}

impl Relay {
    /// A relay that is started when it is first needed.
    pub fn new(
        engine: Engine,
        sandbox: String,
        program: Program,
        (clock, ids): (&sim::Clock, &sim::Ids),
    ) -> Arc<Self> {
        let token = format!("{}{}", ids.hex(32), ids.hex(32));
        let (published, ways) = (tokio::sync::Mutex::default(), Mutex::default());
        let clock = clock.clone();
        Arc::new(Self { engine, sandbox, program, token, clock, published, ways })
    }

    /// The ways through it.
    pub fn reach(self: &Arc<Self>) -> Reach {
        let relay = Arc::clone(self);
        Arc::new(move |target| match target {
            SocketAddr::V4(target) => relay.way(target).unwrap_or_else(|error| {
                tracing::warn!(%target, %error, "there is no way to an address of the Docker network");
                SocketAddr::V4(target)
            }),
            SocketAddr::V6(_) => target,
        })
    }

    /// The port here that leads to an address there.
    fn way(self: &Arc<Self>, target: SocketAddrV4) -> io::Result<SocketAddr> {
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = ways.get(&target) {
            return Ok(*way);
        }
        if ways.len() >= MOST {
            return Err(io::Error::other("too many addresses"));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let way = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        if ways.is_empty() {
            // The first connection need not wait for the relay to be made.
            let relay = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(error) = relay.published(None).await {
                    tracing::warn!(%error, "the relay to the Docker network does not start");
                }
            });
        }
        tokio::spawn(Arc::clone(self).carry(listener, target));
        ways.insert(target, way);
        Ok(way)
    }

    async fn carry(self: Arc<Self>, listener: tokio::net::TcpListener, target: SocketAddrV4) {
        while let Ok((mut caller, _)) = listener.accept().await {
            let relay = Arc::clone(&self);
            tokio::spawn(async move {
                let carried = async {
                    let mut stream = relay.connect(target).await?;
                    copy_bidirectional(&mut caller, &mut stream).await.map_err(|error| failed(&error))
                };
                if let Err(error) = carried.await {
                    tracing::debug!(%target, %error, "a connection through the relay failed");
                }
            });
        }
    }

    /// A connection to an address there. A relay that has gone is started again, once.
    async fn connect(&self, target: SocketAddrV4) -> Result<TcpStream, Error> {
        let first = self.published(None).await?;
        let stream = match self.through(first, target).await {
            Err(Broken::Relay(_)) => self.through(self.published(Some(first)).await?, target).await,
            other => other,
        };
        stream.map_err(|(Broken::Relay(error) | Broken::Target(error))| failed(&error))
    }

    async fn through(&self, relay: SocketAddr, target: SocketAddrV4) -> Result<TcpStream, Broken> {
        let mut stream = TcpStream::connect(relay).await.map_err(Broken::Relay)?;
        stream.set_nodelay(true).map_err(Broken::Relay)?;
        match greeting::ask(&mut stream, &self.token, target).await {
            Ok(()) => Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Err(Broken::Target(error)),
            Err(error) => Err(Broken::Relay(error)),
        }
    }

    /// Waits until the relay answers: it refuses an address that is none.
    async fn answers(&self, relay: SocketAddr) -> Result<(), Error> {
        let nowhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        let began = self.clock.elapsed();
        loop {
            match self.through(relay, nowhere).await {
                Ok(_) | Err(Broken::Target(_)) => return Ok(()),
                Err(Broken::Relay(error)) if self.clock.elapsed().saturating_sub(began) > PATIENCE => {
                    return Err(failed(&error));
                }
                Err(Broken::Relay(_)) => self.clock.sleep(PAUSE).await,
            }
        }
    }

    /// Where the relay is published; `broken` is where it was and does not answer any more.
    async fn published(&self, broken: Option<SocketAddr>) -> Result<SocketAddr, Error> {
        let mut published = self.published.lock().await;
        match *published {
            Some(address) if Some(address) != broken => Ok(address),
            _ => {
                let address = container::start(self).await?;
                self.answers(address).await?;
                *published = Some(address);
                Ok(address)
            }
        }
    }
}

/// Why there is no connection.
enum Broken {
    /// The relay is not there.
    Relay(io::Error),
    /// The relay is there, and what is asked for is not.
    Target(io::Error),
}

fn failed(error: &io::Error) -> Error {
    Error::Engine { action: "relay a connection".to_owned(), message: error.to_string() }
}
