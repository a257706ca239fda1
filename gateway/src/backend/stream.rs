//! A backend's answer as it streams, and the way of its connection back to the pool.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::http1::Connection;
use super::pool::Pool;
use super::shared::Stream;
use crate::body::BodyError;

/// The body of a backend's answer. Dropped before its end, it closes the connection, or its stream of HTTP/2.
#[derive(Debug)]
pub enum BackendBody {
    /// Of HTTP/1.1; without a connection it is over.
    One(Option<Box<Connection>>, Arc<Pool>),
    /// Of HTTP/2, with its place on the connection, unless that closed.
    Two(Incoming, Option<Stream>),
}

impl BackendBody {
    pub(super) fn one(connection: Box<Connection>, pool: &Arc<Pool>) -> Self {
        let mut body = Self::One(Some(connection), Arc::clone(pool));
        body.release_if_over();
        body
    }

    pub(super) fn two(incoming: Incoming, stream: Option<Stream>) -> Self {
        let mut body = Self::Two(incoming, stream);
        body.release_if_over();
        body
    }

    /// The next part.
    pub fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = match self {
            Self::One(None, _) => return Poll::Ready(None),
            Self::One(Some(connection), _) => connection.poll_body(context).map_err(BodyError::from),
            Self::Two(incoming, _) => Pin::new(incoming).poll_frame(context).map_err(BodyError::from),
        };
        if polled.is_ready() {
            self.release_if_over();
        }
        polled
    }

    /// Nothing follows.
    pub fn is_end_stream(&self) -> bool {
        match self {
            Self::One(connection, _) => {
                connection.as_ref().is_none_or(|connection| connection.is_end_stream())
            }
            Self::Two(incoming, _) => incoming.is_end_stream(),
        }
    }

    /// How much follows.
    pub fn size_hint(&self) -> SizeHint {
        match self {
            Self::One(None, _) => SizeHint::with_exact(0),
            Self::One(Some(connection), _) => connection.size_hint(),
            Self::Two(incoming, _) => incoming.size_hint(),
        }
    }

    fn release_if_over(&mut self) {
        if !self.is_end_stream() {
            return;
        }
        match self {
            Self::One(connection, pool) => {
                if let Some(connection) = connection.take()
                    && connection.is_done()
                {
                    pool.give(connection);
                }
            }
            Self::Two(_, stream) => *stream = None,
        }
    }
}
