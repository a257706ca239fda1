//! A second look at the bytes of HTTP/1 requests, for what hyper's parser repairs in silence: a length that
//! contradicts the transfer coding or is given twice, chunks with more than a size and an extension, and lines that end
//! without a carriage return. All of them are how one request is smuggled inside another (RFC 9112, 2.2, 6 and 7.1).
//!
//! Requests are counted here as they are in the connection's service, so a bad one is refused by its number. A body that
//! is none ends there: nothing behind it is read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::open::Activity;

const NONE: u64 = u64::MAX;
/// What passes is no HTTP any more.
const SWITCHED: u64 = u64::MAX - 1;
/// More of a line is not needed to know what it says.
const LINE: usize = 512;
/// A length with more digits is none that anybody means, and some count with 64 bits.
const LENGTH_DIGITS: usize = 18;
const SIZE_DIGITS: usize = 16;

/// What the second look found on one connection.
#[derive(Debug)]
pub struct Verdict(AtomicU64);

/// A client's connection that is looked at while it is read.
#[derive(Debug)]
pub struct Watched<S> {
    stream: S,
    reader: Reader,
    verdict: Arc<Verdict>,
    activity: Arc<Activity>,
    /// What comes next is no body.
    spoilt: bool,
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

    /// From here on the client speaks another protocol.
    pub fn switches(&self) {
        self.0.store(SWITCHED, Ordering::Release);
    }

    fn has_switched(&self) -> bool {
        self.0.load(Ordering::Acquire) == SWITCHED
    }
}

impl<S> Watched<S> {
    /// Looks at what comes through `stream`.
    pub fn new(stream: S, verdict: Arc<Verdict>, activity: Arc<Activity>) -> Self {
        Self { stream, reader: Reader::default(), verdict, activity, spoilt: false }
    }

    /// What was written, or that the client has to take something before more can be.
    fn written(&self, context: &Context<'_>, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let pace = &self.activity.pace;
        match &polled {
            Poll::Pending if self.verdict.has_switched() => {}
            Poll::Pending => {
                pace.check()?;
                pace.waits(context);
            }
            Poll::Ready(Ok(bytes)) => pace.moves(*bytes),
            Poll::Ready(Err(_)) => {}
        }
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.verdict.has_switched() {
            this.activity.pace.rests();
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        if this.spoilt {
            return Poll::Ready(Err(no_body()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Pending if this.reader.is_owed() => {
                this.activity.pace.check()?;
                this.activity.pace.waits(context);
                return Poll::Pending;
            }
            Poll::Ready(Ok(())) => {}
            other => return other,
        }
        let came = buffer.filled().get(before..).unwrap_or_default();
        this.activity.pace.moves(came.len());
        match this.reader.read(came) {
            None => {}
            Some(Found::Head(request)) => this.verdict.0.store(request, Ordering::Release),
            Some(Found::Body(0)) => {
                buffer.set_filled(before);
                return Poll::Ready(Err(no_body()));
            }
            Some(Found::Body(good)) => {
                buffer.set_filled(before + good);
                this.spoilt = true;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.written(context, polled)
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
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.written(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

fn no_body() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what comes in place of a chunk is none")
}

/// What must not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The head of the request with this number.
    Head(u64),
    /// A body, behind so many of the bytes.
    Body(usize),
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
    /// Reads on; what must not be taken, if something was found.
    fn read(&mut self, all: &[u8]) -> Option<Found> {
        let mut bytes = all;
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
                    let in_body = self.is_in_body();
                    let (line, rest) = bytes.split_at(at);
                    if !self.whole_line(line) {
                        self.state = State::Over;
                        let good = all.len().saturating_sub(bytes.len());
                        return Some(if in_body { Found::Body(good) } else { Found::Head(self.request) });
                    }
                    bytes = rest.get(1..).unwrap_or_default();
                }
            }
        }
        None
    }

    /// The client has begun what it has not ended.
    fn is_owed(&self) -> bool {
        match self.state {
            State::Over => false,
            State::Head => self.head.started || !self.line.is_empty(),
            _ => true,
        }
    }

    fn is_in_body(&self) -> bool {
        !matches!(self.state, State::Head | State::Over)
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
        let Some(line) = line.strip_suffix(b"\r") else { return false };
        match self.state {
            State::ChunkSize => {
                let Some(size) = chunk_size(line) else { return false };
                self.state = if size == 0 { State::Trailers } else { State::Chunk(size.saturating_add(2)) };
                true
            }
            State::Trailers => {
                if line.is_empty() {
                    self.next_request(State::Head);
                }
                true
            }
            _ => self.head_line(line),
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
            let Some(length) = decimal(value.trim_ascii()) else { return false };
            return self.head.length.replace(length).is_none();
        }
        if value_of(line, b"transfer-encoding").is_some() {
            return !std::mem::replace(&mut self.head.coded, true);
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

fn decimal(digits: &[u8]) -> Option<u64> {
    let is_length = digits.len() <= LENGTH_DIGITS && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_length)?.parse().ok()
}

/// The size of a chunk, behind which an extension may stand.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, extension) = line.split_at_checked(end)?;
    let is_extension = matches!(extension.trim_ascii_start().first(), Some(b';'))
        && !extension.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t');
    if digits.len() > SIZE_DIGITS || line.len() >= LINE - 1 || !(extension.is_empty() || is_extension) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: &str, refused: Option<u64>) {
        for step in [1, 7, usize::MAX] {
            let mut reader = Reader::default();
            let found = stream.as_bytes().chunks(step.min(stream.len())).find_map(|part| reader.read(part));
            assert_eq!(found, refused.map(Found::Head), "{stream:?} in steps of {step}");
        }
    }

    /// Nothing of the body behind `good` is handed on.
    fn check_body(good: &str, rest: &str) {
        const HEAD: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let good = [HEAD, good].concat();
        let mut reader = Reader::default();
        assert_eq!(reader.read(good.as_bytes()), None, "{good:?}");
        assert_eq!(reader.read(rest.as_bytes()), Some(Found::Body(0)), "{rest:?}");
        let whole = [good.as_str(), rest].concat();
        assert_eq!(Reader::default().read(whole.as_bytes()), Some(Found::Body(good.len())), "{whole:?}");
        let mut reader = Reader::default();
        assert!(whole.as_bytes().chunks(1).any(|byte| reader.read(byte).is_some()), "{whole:?}");
    }

    #[test]
    fn chunks_are_taken_to_the_letter() {
        for rest in [
            "+1\r\na\r\n",
            "1 \r\na\r\n",
            " 1\r\na\r\n",
            "1\n",
            "1;a\n\r\n",
            "1;a\0\r\n",
            "1;a\rb\r\n",
            "\r\n",
            "00000000000000001\r\n",
            "10000000000000000\r\n",
            "x\r\n",
        ] {
            check_body("", rest);
            check_body("5;x=y\r\nhello\r\n", rest);
        }
        check_body("", &format!("1;{}\r\n", "a".repeat(LINE)));
        for trailers in ["\n", "A: b\n\r\n"] {
            check_body("0\r\n", trailers);
        }
    }

    #[test]
    fn lengths_and_codings_are_given_once() {
        for (lines, refused) in [
            ("Content-Length: 0\r\nContent-Length: 0", true),
            ("Content-Length: 0\r\nX: y\r\ncontent-length: 0", true),
            ("Content-Length: 1000000000000000000", true),
            ("Content-Length: 00000000000000000000", true),
            ("Content-Length: +0", true),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", true),
            ("Content-Length: 000", false),
            ("Transfer-Encoding: chunked", false),
        ] {
            check(&format!("POST / HTTP/1.1\r\n{lines}\r\n\r\n"), refused.then_some(0));
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
