//! A backend's answer as it streams, and the way of its connection back to the pool.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::channel::Channel;
use super::pool::Pool;
use super::tls::Peer;
use crate::body::Passage;

/// The body of a backend's answer. Dropped before its end, it closes the connection, or its stream of HTTP/2.
#[derive(Debug)]
pub struct BackendBody {
    incoming: Incoming,
    lease: Option<Box<Lease>>,
}

/// What a request uses now.
#[derive(Debug)]
pub struct Lease {
    pub(super) pool: Arc<Pool>,
    pub(super) peer: Peer,
    /// `None` if it closed meanwhile.
    pub(super) channel: Option<Channel>,
    /// How far the request's body has come; `None` if there was nothing to stream.
    pub(super) passage: Option<Arc<Passage>>,
}

impl BackendBody {
    pub(super) fn new(incoming: Incoming, lease: Box<Lease>) -> Self {
        let mut body = Self { incoming, lease: Some(lease) };
        if body.incoming.is_end_stream() {
            body.release();
        }
        body
    }

    /// The next part.
    pub fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(context);
        match &polled {
            Poll::Ready(None) => self.release(),
            Poll::Ready(Some(Ok(_))) if self.incoming.is_end_stream() => self.release(),
            Poll::Ready(Some(Err(_))) => self.lease = None,
            _ => {}
        }
        polled
    }

    /// Nothing follows.
    pub fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// How much follows.
    pub fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }

    fn release(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        let Lease { pool, peer, channel: Some(Channel::Connection(sender)), passage } = *lease else {
            return;
        };
        // After an early answer the connection still carries the rest of the request: it must not be reused.
        if passage.is_none_or(|passage| passage.is_whole()) {
            pool.give(&peer, sender);
        }
    }
}
