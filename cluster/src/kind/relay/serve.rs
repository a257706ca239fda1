//! The relay's side on the Docker network: connects callers that show the token with addresses of that network, and no
//! others.

use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;

use ::network::Cidr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::greeting;

/// Connections at a time.
const MOST: usize = 1024;

/// Relays until the listener fails.
pub async fn serve(listener: TcpListener, token: String, range: Cidr) -> io::Result<()> {
    let (token, room) = (Arc::<str>::from(token), Arc::new(Semaphore::new(MOST)));
    loop {
        let (stream, _) = listener.accept().await?;
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else { continue };
        let token = Arc::clone(&token);
        tokio::spawn(async move {
            if let Err(error) = relay(stream, &token, range).await {
                tracing::debug!(%error, "a relayed connection ended");
            }
            drop(place);
        });
    }
}

async fn relay(mut caller: TcpStream, token: &str, range: Cidr) -> io::Result<()> {
    // Who does not know the token gets no answer at all.
    let Some(target) = greeting::listen(&mut caller, token).await? else { return Ok(()) };
    let mut dialled = dial(target, range).await;
    let told = dialled.as_ref().map(|_| ()).map_err(|error| io::Error::new(error.kind(), error.to_string()));
    greeting::answer(&mut caller, &told).await?;
    if let Ok(target) = &mut dialled {
        copy_bidirectional(&mut caller, target).await?;
    }
    Ok(())
}

async fn dial(target: SocketAddrV4, range: Cidr) -> io::Result<TcpStream> {
    if !range.contains(*target.ip()) {
        let reason = format!("{} is not an address of {range}", target.ip());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let stream = TcpStream::connect(target).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
