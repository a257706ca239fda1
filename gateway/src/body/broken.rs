//! Bodies that end before they are whole.

use std::error::Error as _;
use std::io;

use super::BodyError;

/// How a client's body ended that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The client broke it off, or sent what is no body.
    Off,
    /// The client was too slow.
    Late,
}

impl Break {
    /// What an error of reading says.
    pub fn of(error: &BodyError) -> Self {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        match cause {
            Some(cause) if cause.kind() == io::ErrorKind::TimedOut => Self::Late,
            _ => Self::Off,
        }
    }
}
