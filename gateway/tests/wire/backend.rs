//! A backend that answers as it is told and remembers what it saw.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::case::{Answer, unescape};

/// A backend on a port of its own.
pub struct Backend {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Mutex<Answer>,
    seen: Mutex<Vec<Request>>,
    count: watch::Sender<usize>,
}

/// A request as the backend saw it: lines with lower-case names, and the body without its framing.
#[derive(Debug, Clone)]
pub struct Request {
    pub head: Vec<String>,
    pub body: Vec<u8>,
}

impl Backend {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let answer = Answer { head: vec!["HTTP/1.1 200 OK".to_owned()], body: "backend".to_owned() };
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            seen: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let server = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&server).serve(stream));
            }
        });
        Self { address, shared }
    }

    pub fn answers(&self, answer: &Answer) {
        answer.clone_into(&mut lock(&self.shared.answer));
    }

    pub fn seen(&self) -> Vec<Request> {
        lock(&self.shared.seen).clone()
    }

    /// Completes when so many requests have come.
    pub async fn sees(&self, count: usize) {
        let mut counted = self.shared.count.subscribe();
        let _ = counted.wait_for(|seen| *seen >= count).await;
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read_request(&mut stream).await {
            let is_head = request.head[0].starts_with("HEAD ");
            lock(&self.seen).push(request);
            self.count.send_modify(|count| *count += 1);
            let answer = lock(&self.answer).clone();
            match answer.head.first().map(String::as_str) {
                Some("silent") => std::future::pending::<()>().await,
                Some("close") => return,
                _ => {}
            }
            if stream.write_all(&bytes(&answer, is_head)).await.is_err() {
                return;
            }
        }
    }
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

fn bytes(answer: &Answer, is_head: bool) -> Vec<u8> {
    let body = unescape(&answer.body);
    let mut text = answer.head.join("\r\n");
    let framed = text.to_ascii_lowercase();
    if !["transfer-encoding:", "content-length:", " 204", " 304"].iter().any(|word| framed.contains(word)) {
        text.extend(["\r\nContent-Length: ", &body.len().to_string()]);
    }
    text.push_str("\r\n\r\n");
    let mut bytes = text.into_bytes();
    if !is_head {
        bytes.extend(body);
    }
    bytes
}

/// A message with a length, in chunks, or without a body; `None` at the end of the stream.
pub async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let head = read_head(stream).await?;
    let mut request = Request { head, body: Vec::new() };
    request.body = read_body(stream, &request).await?;
    Some(request)
}

pub async fn read_head(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let lines = text.trim_end().split("\r\n").enumerate().map(|(at, line)| match line.split_once(':') {
        Some((name, value)) if at > 0 => format!("{}:{value}", name.to_ascii_lowercase()),
        _ => line.to_owned(),
    });
    Some(lines.collect())
}

pub async fn read_body(stream: &mut BufReader<TcpStream>, message: &Request) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    if message.header("transfer-encoding") == Some("chunked") {
        loop {
            let line = read_line(stream).await?;
            let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
            if size == 0 {
                while !read_line(stream).await?.trim().is_empty() {}
                return Some(body);
            }
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk).await.ok()?;
            body.extend_from_slice(&chunk[..size]);
        }
    }
    let length = message.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
    body.resize(length, 0);
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
