//! What a simulation takes as inputs instead of asking the machine: time, identifiers, and how fast
//! long-running operations progress.
//!
//! This is the only crate that may read the machine's clock. Everything else takes a [`Clock`], so a test can
//! step the world instead of sleeping.
#![deny(missing_docs)]

mod clock;
mod ids;
mod pace;

pub use clock::{Clock, Timestamp};
pub use ids::Ids;
pub use pace::Pace;
