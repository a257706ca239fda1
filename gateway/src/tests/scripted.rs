//! A backend that answers as a function says, and remembers whole requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::world::read_head;

/// A backend.
pub struct Scripted {
    pub socket: SocketAddr,
    seen: Arc<Mutex<Vec<Asked>>>,
}

/// A request that it got.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: Vec<String>,
    /// What the request line says after the method.
    pub target: String,
    /// The body; null if it is no JSON.
    pub body: Value,
}

/// What it answers: the status line with headers, and the body.
pub type Answer = (&'static str, String);

impl Scripted {
    pub async fn start(answer: fn(&Asked) -> Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let socket = listener.local_addr().expect("an address");
        let seen: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let kept = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    while let Some(asked) = read(&mut stream).await {
                        kept.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
                        let (head, body) = answer(&asked);
                        let text = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                        if stream.write_all(text.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { socket, seen }
    }

    /// The requests whose target begins so.
    pub fn seen(&self, target: &str) -> Vec<Asked> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|asked| asked.target.starts_with(target)).cloned().collect()
    }
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let head = read_head(stream).await?;
    let target = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    let mut asked = Asked { head, target, body: Value::Null };
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    asked.body = serde_json::from_slice(&body).unwrap_or_default();
    Some(asked)
}
