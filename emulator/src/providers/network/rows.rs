//! What rows of the network have in common: names, and how long they take to change.

use std::time::Duration;

use crate::engine::{Announce, LongRunning, Names, Timing, plain_name};

/// The names of most resources.
pub const NAME: Names =
    Names::Rule { min: 1, max: 80, accepts: plain_name, rule: "letters, digits, `-`, `_` and `.`" };

/// A resource that takes so many seconds to change and to be removed.
pub const fn takes(change: u64, removal: u64) -> LongRunning {
    let changing = Some(Timing { azure: Duration::from_secs(change), state: "Updating" });
    LongRunning {
        create: changing,
        update: changing,
        delete: Some(Timing { azure: Duration::from_secs(removal), state: "Deleting" }),
        announce: Announce::Locations,
    }
}
