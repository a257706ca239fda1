//! How far a client's body has come on its way to a backend.

use std::sync::atomic::{AtomicU8, Ordering};

const UNDER_WAY: u8 = 0;
const WHOLE: u8 = 1;
const BROKEN: u8 = 2;

/// How far a streamed body has come.
#[derive(Debug)]
pub struct Passage(AtomicU8);

impl Default for Passage {
    fn default() -> Self {
        Self(AtomicU8::new(UNDER_WAY))
    }
}

impl Passage {
    /// Its last byte was handed on.
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::Acquire) == WHOLE
    }

    /// The client broke it off, or sent what is no body.
    pub fn is_broken(&self) -> bool {
        self.0.load(Ordering::Acquire) == BROKEN
    }

    pub(super) fn ends(&self) {
        self.0.store(WHOLE, Ordering::Release);
    }

    pub(super) fn breaks(&self) {
        self.0.store(BROKEN, Ordering::Release);
    }
}
