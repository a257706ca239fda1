//! Each connection is an open file, and many systems let a process have 1,024 unless it asks for more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than the connections of a gateway and those to its backends.
const ENOUGH: u64 = 65_536;

/// Asks for as many open files as the system lets a process have, up to what is enough.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if current.is_some_and(|current| current < wanted) {
        // Where the system refuses, there is room for fewer connections, and the longest idle ones make it.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}
