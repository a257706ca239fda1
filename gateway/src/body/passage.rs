//! How far a client's body has come on its way to a backend.

use std::error::Error as _;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

const UNDER_WAY: u8 = 0;
const WHOLE: u8 = 1;
const BROKEN: u8 = 2;
const LATE: u8 = 3;

/// How a body ended that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The client broke it off, or sent what is no body.
    Off,
    /// The client was too slow.
    Late,
}

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

    /// Why the rest does not come.
    pub fn broken(&self) -> Option<Break> {
        match self.0.load(Ordering::Acquire) {
            BROKEN => Some(Break::Off),
            LATE => Some(Break::Late),
            _ => None,
        }
    }

    pub(super) fn ends(&self) {
        self.0.store(WHOLE, Ordering::Release);
    }

    pub(super) fn breaks(&self, error: &hyper::Error) {
        let how = if Break::of(error) == Break::Late { LATE } else { BROKEN };
        self.0.store(how, Ordering::Release);
    }
}

impl Break {
    /// What an error of reading says.
    pub fn of(error: &hyper::Error) -> Self {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        match cause {
            Some(cause) if cause.kind() == io::ErrorKind::TimedOut => Self::Late,
            _ => Self::Off,
        }
    }
}
