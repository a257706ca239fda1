//! What every request carries with it while it waits: it is moved more than once, so it stays small. What is seldom
//! needed is boxed where it is begun.

use crate::context::{Exchange, Response};
use crate::handle::handle;

fn future<A, B, C, F>(_: impl Fn(A, B, C) -> F) -> usize {
    size_of::<F>()
}

#[test]
fn what_a_request_carries_is_small() {
    for (what, bytes, most) in [
        ("a request under way", future(handle), 4_096),
        ("what is known of a request", size_of::<Exchange>(), 1_536),
        ("an answer", size_of::<Response>(), 256),
    ] {
        eprintln!("{what}: {bytes}");
        assert!(bytes <= most, "{what} takes {bytes} bytes");
    }
}
