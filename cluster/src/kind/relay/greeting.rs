//! How a connection to the relay begins: one line that says who asks and where to, one line that answers. After that, bytes
//! pass as they are.

use std::io;
use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

const NAME: &str = "apimlab-relay";
/// Longer than any line that is meant.
const LONGEST: usize = 256;
/// How long the other side may take for its line.
const PATIENCE: Duration = Duration::from_secs(10);
const ACCEPTED: &str = "ok";

/// Asks a relay for a connection.
pub(super) async fn ask<S>(stream: &mut S, token: &str, target: SocketAddrV4) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(format!("{NAME} {token} {target}\n").as_bytes()).await?;
    match line(stream).await?.as_str() {
        ACCEPTED => Ok(()),
        refused => Err(io::Error::new(io::ErrorKind::ConnectionRefused, refused.to_owned())),
    }
}

/// Where a caller that shows the token wants to go; none for everybody else.
pub(super) async fn listen(
    stream: &mut (impl AsyncRead + Unpin),
    token: &str,
) -> io::Result<Option<SocketAddrV4>> {
    let line = line(stream).await?;
    let mut words = line.split(' ');
    let (name, shown, target) = (words.next(), words.next(), words.next());
    let is_known =
        name == Some(NAME) && shown.is_some_and(|shown| is_equal(shown, token)) && words.next().is_none();
    Ok(target.filter(|_| is_known).and_then(|target| target.parse().ok()))
}

/// Answers a caller.
pub(super) async fn answer(
    stream: &mut (impl AsyncWrite + Unpin),
    result: &io::Result<()>,
) -> io::Result<()> {
    let answer = match result {
        Ok(()) => ACCEPTED.to_owned(),
        Err(error) => error.to_string().chars().filter(|c| *c != '\n').take(LONGEST / 2).collect(),
    };
    stream.write_all(format!("{answer}\n").as_bytes()).await
}

/// Byte by byte: what comes after the line belongs to somebody else.
async fn line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let read = async {
        let mut line = Vec::new();
        loop {
            match stream.read_u8().await? {
                b'\n' => return Ok(line),
                byte if line.len() < LONGEST => line.push(byte),
                _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long")),
            }
        }
    };
    let line = timeout(PATIENCE, read).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    String::from_utf8(line).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the line is no text"))
}

/// Takes the same time wherever the first difference is.
fn is_equal(one: &str, other: &str) -> bool {
    let difference = one.bytes().zip(other.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && difference == 0
}
