//! Message bodies: a stream from the client, a stream from a backend, or bytes of our own.
//!
//! One enum in place of boxed streams, so that a body passes through without allocation and without copying.

mod broken;
mod tap;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use crate::backend::{BackendBody, Connection};
use crate::graphql::Session;

pub use broken::Break;
pub use tap::{Tap, Watch};

/// A message body.
#[derive(Debug, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// Bytes that the gateway has itself.
    Full(Bytes),
    /// What the client sends.
    Client(Incoming),
    /// What a backend sends.
    Backend(BackendBody),
    /// One that somebody looks at while it passes.
    Tapped(Box<Tap>),
    /// What follows when the protocol is switched: no body, but the rest of the connection.
    Switched(Far),
    /// A stream that was handed on and cannot be had again.
    Gone,
    /// An expression read it to its end without preserving it: nothing is left to send.
    Consumed,
}

/// Who speaks at the other side of a connection that switches protocols.
#[derive(Debug)]
pub enum Far {
    /// The backend.
    Backend(Box<Connection>),
    /// The gateway itself, of events of a GraphQL API.
    Subscriptions(Box<Session>),
}

/// Why a body broke off.
#[derive(Debug)]
pub enum BodyError {
    /// What hyper says of the client's, or of one over HTTP/2.
    Message(hyper::Error),
    /// What happened to a connection of HTTP/1.1 to a backend.
    Connection(std::io::Error),
}

/// A body that cannot be collected.
#[derive(Debug)]
pub enum CollectError {
    /// The stream broke.
    Broken(BodyError),
    /// It is longer than this many bytes.
    TooLong(usize),
}

impl Body {
    /// These bytes.
    pub fn full(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Full(bytes) }
    }

    /// The body of a client's request.
    pub fn from_client(incoming: Incoming) -> Self {
        if http_body::Body::is_end_stream(&incoming) {
            return Self::Empty;
        }
        Self::Client(incoming)
    }

    /// Hands the body on: bytes stay here too, a stream only goes once.
    pub fn take(&mut self) -> Option<Self> {
        match self {
            Self::Gone => None,
            Self::Empty | Self::Consumed => Some(Self::Empty),
            Self::Full(bytes) => Some(Self::Full(bytes.clone())),
            Self::Client(_) | Self::Backend(_) | Self::Tapped(_) | Self::Switched(_) => {
                Some(std::mem::replace(self, Self::Gone))
            }
        }
    }

    /// Collects what is streamed, so that it can be read and sent more than once.
    ///
    /// # Errors
    /// The stream broke, or is longer than `most`.
    pub async fn collect(&mut self, most: usize) -> Result<(), CollectError> {
        if !matches!(self, Self::Client(_) | Self::Backend(_) | Self::Tapped(_)) {
            return Ok(());
        }
        let mut collected = BytesMut::new();
        while let Some(frame) =
            poll_fn(|context| http_body::Body::poll_frame(Pin::new(&mut *self), context)).await
        {
            let frame = frame.inspect_err(|_| *self = Self::Gone).map_err(CollectError::Broken)?;
            let Ok(data) = frame.into_data() else { continue };
            if collected.len() + data.len() > most {
                *self = Self::Gone;
                return Err(CollectError::TooLong(most));
            }
            collected.extend_from_slice(&data);
        }
        *self = Self::full(collected.freeze());
        Ok(())
    }

    /// There is nothing in it, so the message can be sent a second time.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// How many bytes will pass, if that is known; else none.
    pub fn length(&self) -> u64 {
        http_body::Body::size_hint(self).exact().unwrap_or(0)
    }
}

impl fmt::Display for CollectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(error) => write!(f, "the body broke off: {error}"),
            Self::TooLong(most) => write!(f, "the body is longer than {most} bytes"),
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(error) => error.fmt(f),
            Self::Connection(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Message(error) => error.source(),
            Self::Connection(error) => error.source(),
        }
    }
}

impl From<hyper::Error> for BodyError {
    fn from(error: hyper::Error) -> Self {
        Self::Message(error)
    }
}

impl From<std::io::Error> for BodyError {
    fn from(error: std::io::Error) -> Self {
        Self::Connection(error)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match this {
            Self::Empty | Self::Gone | Self::Consumed | Self::Switched(_) => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *this = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Client(incoming) => Pin::new(incoming).poll_frame(context).map_err(BodyError::from),
            Self::Backend(body) => body.poll_frame(context),
            Self::Tapped(tap) => tap.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty | Self::Gone | Self::Consumed | Self::Switched(_) => true,
            Self::Full(_) => false,
            Self::Client(incoming) => incoming.is_end_stream(),
            Self::Backend(body) => body.is_end_stream(),
            Self::Tapped(tap) => tap.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty | Self::Gone | Self::Consumed | Self::Switched(_) => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Self::Client(incoming) => incoming.size_hint(),
            Self::Backend(body) => body.size_hint(),
            Self::Tapped(tap) => tap.inner.size_hint(),
        }
    }
}
