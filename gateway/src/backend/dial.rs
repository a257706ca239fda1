//! From a backend's URL to a real socket: through the virtual network, or on this machine.
//!
//! Names are asked of the private DNS zones that are linked to the service's virtual network.
//!
//! **Differs from Azure:** names of the internet are not resolved, and nothing outside the sandbox and this machine is
//! dialled.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use network::{Fabric, Port, Unresolved};
use tokio::net::TcpStream;

use super::http1::Io;
use super::tls::Handshake;
use super::url::BackendHost;
use super::version::HttpVersion;
use super::{Backend, Call};
use crate::error::{LastError, Reason};

impl Backend {
    /// The socket for the next try, not one of those that just failed while there are others.
    ///
    /// # Errors
    /// Nothing can be reached under the backend's URL from there.
    pub(super) fn socket(&self, call: Call<'_>, failed: &[SocketAddr]) -> Result<SocketAddr, LastError> {
        match &call.to.host {
            BackendHost::V4(address) if self.fabric.is_virtual(*address) => {
                virtual_socket(&self.fabric, call, *address, failed)
            }
            BackendHost::V4(address) if address.is_loopback() => {
                Ok(SocketAddr::new((*address).into(), call.to.port))
            }
            BackendHost::Loopback(address) => Ok(SocketAddr::new(*address, call.to.port)),
            BackendHost::Named(name) => match self.fabric.resolve(call.from, name) {
                Ok(found) => virtual_socket(&self.fabric, call, found.address, failed),
                Err(Unresolved::NotPrivate(_)) => Err(outside()),
                Err(_) => Err(LastError::forward(
                    Reason::BackendConnectionFailure,
                    format!("The remote name could not be resolved: '{name}'"),
                )),
            },
            BackendHost::V4(_) => Err(outside()),
        }
    }

    /// Makes a connection, says nothing and closes it.
    ///
    /// # Errors
    /// Nothing can be reached under the URL from there, or nobody takes the connection in time.
    pub async fn reach(&self, call: Call<'_>, timeout: Duration) -> Result<(), LastError> {
        let socket = self.socket(call, &[])?;
        let failed = |message: String| LastError::forward(Reason::BackendConnectionFailure, message);
        tokio::select! {
            biased;
            made = open(socket, None) => made.map(drop).map_err(|error| failed(error.to_string())),
            () = self.clock.sleep(timeout) => Err(failed(format!("no answer within {} ms", timeout.as_millis()))),
        }
    }
}

/// Opens a connection.
///
/// # Errors
/// Nobody takes it, or its certificate is not what it should be.
pub(super) async fn open(socket: SocketAddr, tls: Option<Handshake>) -> io::Result<Io> {
    let stream = TcpStream::connect(socket).await?;
    stream.set_nodelay(true)?;
    match tls {
        None => Ok(Io::Plain(stream)),
        Some(handshake) => Ok(Io::Secure(Box::new(handshake.over(stream).await?))),
    }
}

/// The version of HTTP that was agreed on.
pub(super) fn agreed(io: &Io) -> HttpVersion {
    match io {
        Io::Secure(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => HttpVersion::Two,
        _ => HttpVersion::One,
    }
}

fn virtual_socket(
    fabric: &Fabric,
    call: Call<'_>,
    address: std::net::Ipv4Addr,
    failed: &[SocketAddr],
) -> Result<SocketAddr, LastError> {
    let route = fabric
        .route(call.from, address, call.to.port)
        .map_err(|error| LastError::forward(Reason::BackendConnectionFailure, error.to_string()))?;
    choose(&route.port, failed).ok_or_else(|| {
        LastError::forward(Reason::BackendConnectionFailure, format!("{} has no ready endpoint", route.owner))
    })
}

fn choose(port: &Port, failed: &[SocketAddr]) -> Option<SocketAddr> {
    let next = port.next()?.socket;
    if !failed.contains(&next) {
        return Some(next);
    }
    let other = port.endpoints.iter().find(|endpoint| !failed.contains(&endpoint.socket));
    Some(other.map_or(next, |endpoint| endpoint.socket))
}

fn outside() -> LastError {
    let message =
        "backends outside the virtual networks and this machine are not implemented by the sandbox yet";
    LastError::forward(Reason::NotImplementedBySandbox, message)
}
