//! A second look at the bytes of HTTP/1 requests, for what hyper's parser repairs in silence: a length that
//! contradicts the transfer coding, and lines that end without a carriage return. Both are how one request is
//! smuggled inside another (RFC 9112, 6.1 and 2.2).
//!
//! Requests are counted here as they are in the connection's service, so a bad one is refused by its number.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const NONE: u64 = u64::MAX;
/// More of a line is not needed to know what it says.
const LINE: usize = 512;

/// What the second look found on one connection.
#[derive(Debug)]
pub struct Verdict(AtomicU64);

/// A client's connection that is looked at while it is read.
#[derive(Debug)]
pub struct Watched<S> {
    stream: S,
    reader: Reader,
    verdict: Arc<Verdict>,
}

impl Verdict {
    /// Nothing found yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(NONE)))
    }

    /// The request with this number, counted from zero, must be refused.
    pub fn refuses(&self, request: u64) -> bool {
        self.0.load(Ordering::Acquire) == request
    }
}

impl<S> Watched<S> {
    /// Looks at what comes through `stream`.
    pub fn new(stream: S, verdict: Arc<Verdict>) -> Self {
        Self { stream, reader: Reader::default(), verdict }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        if let Some(request) = this.reader.read(buffer.filled().get(before..).unwrap_or_default()) {
            this.verdict.0.store(request, Ordering::Release);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Follows the framing of requests.
#[derive(Debug, Default)]
struct Reader {
    state: State,
    /// The number of the request that is being read.
    request: u64,
    head: Head,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Head,
    Body(u64),
    ChunkSize,
    Chunk(u64),
    Trailers,
    /// HTTP/2, or a request that will be refused: the rest is of no interest.
    Over,
}

#[derive(Debug, Default)]
struct Head {
    started: bool,
    length: Option<u64>,
    coded: bool,
}

impl Reader {
    /// Reads on; the number of a request that must be refused, if one was found.
    fn read(&mut self, mut bytes: &[u8]) -> Option<u64> {
        while !bytes.is_empty() {
            match self.state {
                State::Over => return None,
                State::Body(left) => self.state = skip(&mut bytes, left, State::Body, State::Head),
                State::Chunk(left) => self.state = skip(&mut bytes, left, State::Chunk, State::ChunkSize),
                State::Head | State::ChunkSize | State::Trailers => {
                    let Some(at) = memchr(b'\n', bytes) else {
                        self.keep(bytes);
                        return None;
                    };
                    let (line, rest) = bytes.split_at(at);
                    bytes = rest.get(1..).unwrap_or_default();
                    if !self.whole_line(line) {
                        self.state = State::Over;
                        return Some(self.request);
                    }
                }
            }
        }
        None
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        // The last byte tells whether the line ends as it should, however long it is.
        if bytes.len() > room
            && let (Some(kept), Some(last)) = (self.line.last_mut(), bytes.last())
        {
            *kept = *last;
        }
    }

    /// A line without its line feed; `false` if the request must be refused.
    fn whole_line(&mut self, line: &[u8]) -> bool {
        if self.line.is_empty() {
            return self.line(line);
        }
        self.keep(line);
        let whole = std::mem::take(&mut self.line);
        let good = self.line(&whole);
        self.line = whole;
        self.line.clear();
        good
    }

    fn line(&mut self, line: &[u8]) -> bool {
        match self.state {
            State::ChunkSize => {
                // What is no chunk size is refused by hyper itself.
                self.state = match chunk_size(line) {
                    Some(0) => State::Trailers,
                    Some(size) => State::Chunk(size.saturating_add(2)),
                    None => State::Over,
                };
                true
            }
            State::Trailers => {
                if line == b"\r" || line.is_empty() {
                    self.next_request(State::Head);
                }
                true
            }
            _ => line.strip_suffix(b"\r").is_some_and(|line| self.head_line(line)),
        }
    }

    fn head_line(&mut self, line: &[u8]) -> bool {
        if !self.head.started {
            self.head.started = !line.is_empty();
            if self.request == 0 && line == b"PRI * HTTP/2.0" {
                self.state = State::Over;
            }
            return true;
        }
        if line.is_empty() {
            return self.end_of_head();
        }
        if let Some(value) = value_of(line, b"content-length") {
            self.head.length = Some(value.trim_ascii().iter().fold(0, |length: u64, digit| {
                length.saturating_mul(10).saturating_add(u64::from(digit.wrapping_sub(b'0')))
            }));
        } else if value_of(line, b"transfer-encoding").is_some() {
            self.head.coded = true;
        }
        true
    }

    fn end_of_head(&mut self) -> bool {
        let Head { length, coded, .. } = std::mem::take(&mut self.head);
        match (length, coded) {
            (Some(_), true) => return false,
            (None, true) => self.state = State::ChunkSize,
            (Some(length), false) if length > 0 => {
                self.next_request(State::Body(length));
            }
            _ => self.next_request(State::Head),
        }
        true
    }

    fn next_request(&mut self, state: State) {
        self.state = state;
        self.request += 1;
    }
}

fn skip(bytes: &mut &[u8], left: u64, more: fn(u64) -> State, end: State) -> State {
    let length = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
    *bytes = bytes.get(length..).unwrap_or_default();
    match left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX)) {
        0 => end,
        left => more(left),
    }
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, rest) = line.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name).then_some(())?;
    rest.strip_prefix(b":")
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| matches!(byte, b';' | b'\r' | b' ' | b'\t')).next()?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: &str, refused: Option<u64>) {
        for step in [1, 7, usize::MAX] {
            let mut reader = Reader::default();
            let found = stream.as_bytes().chunks(step.min(stream.len())).find_map(|part| reader.read(part));
            assert_eq!(found, refused, "{stream:?} in steps of {step}");
        }
    }

    #[test]
    fn smuggling_is_found_whatever_came_before_and_however_it_is_cut() {
        const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        const POST: &str =
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\nTransfer-Encoding: x\nabc\r\n";
        const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                               5;x=y\r\na\nb\nc\r\n0\r\nContent-Length: 1\r\n\r\n";
        const BOTH: &str =
            "POST / HTTP/1.1\r\ncontent-length: 3\r\nTRANSFER-ENCODING: chunked\r\n\r\n0\r\n\r\n";
        check(GET, None);
        check(&[GET, POST, CHUNKED, GET].concat(), None);
        check(BOTH, Some(0));
        check(&[CHUNKED, POST, GET, BOTH].concat(), Some(3));
        check(&[GET, "\r\n", "GET / HTTP/1.1\nHost: a\r\n\r\n"].concat(), Some(1));
        check("GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n", Some(0));
        check(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(5_000)), None);
        check("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\n\n\n", None);
    }
}
