//! A request as it goes out: its head, then its body, each part when the backend takes it.

use std::io::{Error, ErrorKind, IoSlice, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method};
use http_body::Body as _;
use tokio::io::AsyncWrite;

use super::head::{self, Framing};
use super::io::Io;
use super::{Reached, invalid};
use crate::backend::forward::Outgoing;
use crate::body::{Body, Break};
use crate::server::hygiene;

/// What is left of a request.
#[derive(Debug)]
pub struct Upload {
    /// What is written before `data`: the head, the size of a chunk.
    before: BytesMut,
    data: Bytes,
    /// What is written behind `data`.
    after: &'static [u8],
    body: Body,
    framing: Framing,
    /// How much of a body with a length was taken.
    taken: u64,
    state: State,
    reached: Reached,
    /// Why it broke off.
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// More of the body may come.
    Body,
    /// The last part is being written.
    Last,
    Over,
    /// It broke off because the backend did not take it.
    Broken,
    /// It broke off because the client's body did.
    BrokenByClient,
}

impl Default for Upload {
    fn default() -> Self {
        Self {
            before: BytesMut::new(),
            data: Bytes::new(),
            after: b"",
            body: Body::Empty,
            framing: Framing::None,
            taken: 0,
            state: State::Over,
            reached: Reached::Nothing,
            error: None,
        }
    }
}

impl Upload {
    /// Begins with a request, whose body is taken from it if it can be had only once.
    pub fn begin(&mut self, request: &mut Outgoing) {
        self.framing = framing(request);
        self.before.clear();
        head::write(request, self.framing, &mut self.before);
        (self.data, self.after) = (Bytes::new(), b"");
        (self.taken, self.reached, self.error) = (0, Reached::Nothing, None);
        self.state = State::Body;
        match request.body_mut() {
            Body::Full(bytes) => {
                (self.data, self.body) = (bytes.clone(), Body::Empty);
                self.state = State::Last;
            }
            Body::Empty => (self.body, self.state) = (Body::Empty, State::Last),
            body => self.body = std::mem::replace(body, Body::Gone),
        }
    }

    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// No answer is to be expected: the client's body broke off, or nothing of the request reached the backend.
    pub fn is_hopeless(&self) -> bool {
        match self.state {
            State::BrokenByClient => true,
            State::Broken => self.reached == Reached::Nothing,
            _ => false,
        }
    }

    pub fn reached(&self) -> Reached {
        self.reached
    }

    pub fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// Sends what can be sent; ready when there is nothing left to do.
    pub fn poll(&mut self, io: &mut Io, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.state {
                State::Over | State::Broken | State::BrokenByClient => return Poll::Ready(()),
                State::Body if self.data.is_empty() && self.after.is_empty() => {
                    match self.poll_next(context) {
                        // The head goes out alone if the body is not there yet.
                        Poll::Pending if self.before.is_empty() => return Poll::Pending,
                        Poll::Pending => {}
                        Poll::Ready(Ok(())) => continue,
                        Poll::Ready(Err(error)) => {
                            self.broken(State::BrokenByClient, error);
                            return Poll::Ready(());
                        }
                    }
                }
                State::Body | State::Last => {}
            }
            if let Err(error) = ready!(self.poll_write(io, context)) {
                self.broken(State::Broken, error);
            } else if self.state == State::Last {
                (self.state, self.body) = (State::Over, Body::Empty);
            }
        }
    }

    fn broken(&mut self, state: State, error: Error) {
        (self.state, self.error, self.body) = (state, Some(error), Body::Gone);
    }

    /// Takes the next part of the body.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // From here on it cannot be sent a second time.
        self.reached = Reached::Backend;
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                self.reached = Reached::Client(Break::of(&error));
                return Poll::Ready(Err(Error::other(error)));
            }
            None => return Poll::Ready(self.end(None)),
        };
        match frame.into_data() {
            Ok(data) => self.data(data)?,
            Err(frame) => self.end(frame.into_trailers().ok())?,
        }
        Poll::Ready(Ok(()))
    }

    fn data(&mut self, data: Bytes) -> Result<(), Error> {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        match self.framing {
            Framing::None => return Err(invalid("a body that was not announced")),
            Framing::Length(whole) => {
                self.taken = self.taken.saturating_add(length);
                if self.taken > whole {
                    return Err(invalid("the body is longer than was announced"));
                }
                if self.taken == whole {
                    self.state = State::Last;
                }
            }
            Framing::Chunked if data.is_empty() => return Ok(()),
            Framing::Chunked => {
                write!((&mut self.before).writer(), "{length:x}\r\n")?;
                self.after = b"\r\n";
            }
        }
        self.data = data;
        Ok(())
    }

    fn end(&mut self, trailers: Option<HeaderMap>) -> Result<(), Error> {
        match self.framing {
            Framing::Length(whole) if self.taken < whole => {
                return Err(invalid("the body is shorter than was announced"));
            }
            Framing::None | Framing::Length(_) => {}
            Framing::Chunked => {
                self.before.put_slice(b"0\r\n");
                let trailers = trailers.unwrap_or_default();
                for (name, value) in trailers.iter().filter(|(name, _)| hygiene::may_trail(name.as_str())) {
                    for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                        self.before.put_slice(part);
                    }
                }
                self.before.put_slice(b"\r\n");
            }
        }
        self.state = State::Last;
        Ok(())
    }

    /// Writes what is waiting, to its end.
    fn poll_write(&mut self, io: &mut Io, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !(self.before.is_empty() && self.data.is_empty() && self.after.is_empty()) {
            let io = Pin::new(&mut *io);
            let written = if self.data.is_empty() && self.after.is_empty() {
                ready!(io.poll_write(context, &self.before))?
            } else {
                let parts = [&self.before[..], &self.data[..], self.after].map(IoSlice::new);
                ready!(io.poll_write_vectored(context, &parts))?
            };
            if written == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            self.reached = Reached::Backend;
            self.wrote(written);
        }
        Pin::new(io).poll_flush(context)
    }

    fn wrote(&mut self, written: usize) {
        let before = written.min(self.before.len());
        self.before.advance(before);
        let data = (written - before).min(self.data.len());
        self.data.advance(data);
        self.after = self.after.get(written - before - data..).unwrap_or_default();
    }
}

/// How a body is framed: by its length where that is known.
fn framing(request: &Outgoing) -> Framing {
    let expects_one = || {
        request.headers().contains_key(CONTENT_LENGTH)
            || matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH)
    };
    match request.body().size_hint().exact() {
        Some(0) if !expects_one() => Framing::None,
        Some(length) => Framing::Length(length),
        None => Framing::Chunked,
    }
}
