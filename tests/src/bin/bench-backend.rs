//! A backend that costs as little as possible, for `make bench`: one thread, prepared answers.
//!
//! `bench-backend ADDRESS` answers by the last part of the path: `s64`, `m10k` and `l1m` are bodies of 64 B, 10 KiB and
//! 1 MiB; `echo` is the head of the request as it came, which shows what a proxy made of it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const READ: usize = 16 * 1024;
const END: &[u8] = b"\r\n\r\n";

/// What is sent for each path.
struct Answers {
    small: Vec<u8>,
    medium: Vec<u8>,
    large: Vec<u8>,
}

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> io::Result<()> {
    let address = std::env::args().nth(1).and_then(|text| text.parse::<SocketAddr>().ok());
    let address = address.ok_or_else(|| io::Error::other("usage: bench-backend ADDRESS"))?;
    let listener = TcpListener::bind(address).await?;
    // One that lives as long as the process: connections share it without counting.
    let answers: &'static Answers = Box::leak(Box::new(Answers {
        small: answer(&[b'x'; 64]),
        medium: answer(&[b'x'; 10 * 1024]),
        large: answer(&vec![b'x'; 1024 * 1024]),
    }));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(converse(stream, answers));
    }
}

async fn converse(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(READ);
    loop {
        while let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
            let head: Vec<u8> = bytes.drain(..end + END.len()).collect();
            let path = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
            match path.rsplit(|byte| *byte == b'/').next() {
                Some(b"m10k") => stream.write_all(&answers.medium).await?,
                Some(b"l1m") => stream.write_all(&answers.large).await?,
                Some(b"echo") => stream.write_all(&answer(&head)).await?,
                _ => stream.write_all(&answers.small).await?,
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
}

/// A whole answer: with the headers that a gateway is to take out.
fn answer(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: bench\r\nX-Powered-By: bench\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
