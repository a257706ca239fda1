//! A body that somebody looks at while it passes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame};

use super::{Body, BodyError};

/// Somebody who looks at a body while it passes.
pub trait Watch: Send + Sync {
    /// A part of it passed.
    fn data(&mut self, data: &Bytes);

    /// All of it passed.
    fn end(&mut self);

    /// It broke off.
    fn broke(&mut self, _: &BodyError) {}
}

/// A body that somebody looks at.
pub struct Tap {
    pub(super) inner: Body,
    watch: Option<Box<dyn Watch>>,
}

impl Body {
    /// The body, with somebody who looks at it.
    #[must_use]
    pub fn watched(self, mut watch: Box<dyn Watch>) -> Self {
        if self.is_end_stream() {
            watch.end();
            return self;
        }
        Self::Tapped(Box::new(Tap { inner: self, watch: Some(watch) }))
    }
}

impl Tap {
    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let (Some(data), Some(watch)) = (frame.data_ref(), &mut self.watch)
        {
            watch.data(data);
        }
        if let (Poll::Ready(Some(Err(error))), Some(watch)) = (&polled, &mut self.watch) {
            watch.broke(error);
        }
        let over = match &polled {
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(_))) => self.inner.is_end_stream(),
            _ => false,
        };
        if over && let Some(mut watch) = self.watch.take() {
            watch.end();
        }
        polled
    }
}

impl fmt::Debug for dyn Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("inner", &self.inner).finish_non_exhaustive()
    }
}
