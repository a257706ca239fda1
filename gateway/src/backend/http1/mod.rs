//! HTTP/1.1 towards backends (RFC 9112): one connection, one request at a time, driven by whoever waits for the answer.
//!
//! No task runs beside a connection and no queue leads to it, so nothing can be lost between the two, a request is
//! written from where it lies, and it can be sent again without a copy kept aside.

mod download;
mod head;
mod io;
#[cfg(test)]
mod tests;
mod upload;

use std::future::poll_fn;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::forward::Outgoing;
use super::tls::Peer;
use crate::body::Break;
use download::{Download, Part};
use upload::Upload;

pub use io::Io;

/// How much is read at once, at least: what is shorter is read to its end by one call.
const READ: usize = 4 * 1024;
/// And at most.
const READ_MOST: usize = 128 * 1024;

/// A connection to a backend.
#[derive(Debug)]
pub struct Connection {
    /// The other end.
    pub peer: Peer,
    io: Io,
    /// What came and was not looked at yet.
    input: BytesMut,
    upload: Upload,
    download: Download,
    /// Another request may follow.
    persistent: bool,
}

/// Why a request got no answer.
#[derive(Debug)]
pub struct Failure {
    /// The cause.
    pub error: Error,
    /// How far it got.
    pub reached: Reached,
}

/// How far a request got that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Not a byte of it went out, and its body was not touched.
    Nothing,
    /// The backend may have seen it, and did not answer.
    Backend,
    /// The backend began to answer.
    Answer,
    /// The client did not send what it said that it would.
    Client(Break),
}

impl Connection {
    /// A connection on which nothing was said yet.
    pub fn new(peer: Peer, io: Io) -> Self {
        let input = BytesMut::new();
        Self { peer, io, input, upload: Upload::default(), download: Download::Over, persistent: true }
    }

    /// The backend did not close it while it waited, as far as one can tell, and did not speak without being asked.
    pub fn is_usable(&mut self) -> bool {
        self.io.is_quiet()
    }

    /// Sends a request and waits for the head of its answer. The request's body moves into the connection, which goes
    /// on sending it while the answer's is read; everything else stays with the caller, to be sent again.
    ///
    /// # Errors
    /// The connection breaks, or what comes is no answer.
    pub async fn exchange(&mut self, request: &mut Outgoing) -> Result<Response<()>, Failure> {
        self.upload.begin(request);
        let asked = head::Asked::of(request);
        poll_fn(|context| self.poll_answer(context, asked)).await
    }

    /// The answer's next part; the end when there is none.
    pub fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // What becomes of the rest of the request is no longer of interest: its answer is here.
        let _ = self.upload.poll(&mut self.io, context);
        loop {
            let wanted = match self.download.next(&mut self.input) {
                Ok(Part::Data(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Ok(Part::Trailers(trailers)) => return Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                Ok(Part::End) => return Poll::Ready(None),
                Ok(Part::More(wanted)) => wanted,
                Err(error) => return self.spoiled(error),
            };
            match ready!(self.poll_fill(context, wanted)) {
                Ok(0) if self.download.ends_with_connection() => self.download = Download::Over,
                Ok(0) => return self.spoiled(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) => return self.spoiled(error),
            }
        }
    }

    /// Nothing follows.
    pub fn is_end_stream(&self) -> bool {
        matches!(self.download, Download::Over | Download::Length(0))
    }

    /// How much follows.
    pub fn size_hint(&self) -> SizeHint {
        match self.download {
            Download::Over => SizeHint::with_exact(0),
            Download::Length(left) => SizeHint::with_exact(left),
            Download::Chunked(_) | Download::Close => SizeHint::default(),
        }
    }

    /// Another request may follow. After an early answer none may: the connection still carries the rest of the request.
    pub fn is_done(&self) -> bool {
        self.persistent && self.upload.is_over() && self.is_end_stream() && self.input.is_empty()
    }

    fn spoiled<T>(&mut self, error: Error) -> Poll<Option<Result<T, Error>>> {
        (self.persistent, self.download) = (false, Download::Over);
        Poll::Ready(Some(Err(error)))
    }

    fn poll_answer(
        &mut self,
        context: &mut Context<'_>,
        asked: head::Asked,
    ) -> Poll<Result<Response<()>, Failure>> {
        let _ = self.upload.poll(&mut self.io, context);
        if self.upload.is_hopeless() {
            return Poll::Ready(Err(self.failure(ErrorKind::BrokenPipe.into())));
        }
        loop {
            match head::read(&mut self.input, asked) {
                Ok(Some(head)) if head.is_interim() => {}
                Ok(Some(head)) => {
                    self.download = head.download;
                    self.persistent &= head.persistent;
                    return Poll::Ready(Ok(head.response));
                }
                Ok(None) => match ready!(self.poll_fill(context, READ)) {
                    Ok(0) => return Poll::Ready(Err(self.failure(ErrorKind::UnexpectedEof.into()))),
                    Ok(_) => {}
                    Err(error) => return Poll::Ready(Err(self.failure(error))),
                },
                Err(error) => {
                    self.persistent = false;
                    return Poll::Ready(Err(Failure { error, reached: Reached::Answer }));
                }
            }
        }
    }

    fn failure(&mut self, error: Error) -> Failure {
        self.persistent = false;
        // Why the request could not be written says more than that the answer did not come.
        let error = self.upload.take_error().unwrap_or(error);
        let reached = if self.input.is_empty() { self.upload.reached() } else { Reached::Answer };
        Failure { error, reached }
    }

    fn poll_fill(&mut self, context: &mut Context<'_>, wanted: usize) -> Poll<Result<usize, Error>> {
        self.input.reserve(wanted.clamp(READ, READ_MOST));
        self.io.poll_read_buf(context, &mut self.input)
    }
}

/// What follows a protocol switch: first what came with the answer's head.
impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        if !self.input.is_empty() {
            let length = self.input.len().min(buffer.remaining());
            buffer.put_slice(&self.input.split_to(length));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// Fields as they are read from a head or from trailers.
fn fields(block: &Bytes, headers: &[httparse::Header<'_>]) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::try_with_capacity(headers.len()).map_err(Error::other)?;
    for header in headers {
        let name = http::HeaderName::from_bytes(header.name.as_bytes()).map_err(invalid)?;
        let value = http::HeaderValue::from_maybe_shared(block.slice_ref(header.value)).map_err(invalid)?;
        map.try_append(name, value).map_err(invalid)?;
    }
    Ok(map)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::InvalidData, error)
}
