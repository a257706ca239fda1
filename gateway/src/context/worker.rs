//! The thread that evaluates an expression also serves other requests: while one takes long, another thread takes these
//! over. What ends soon, as nearly all expressions do, costs nothing.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// So often the thread steps back for the one that takes over; waking that one takes less.
const TURNS: usize = 200;

/// Has another thread take over what waits for this one.
pub fn hand_over() {
    let several = |handle: Handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread;
    if Handle::try_current().is_ok_and(several) {
        // The runtime gives the queue away when this begins; it is taken back at the end unless somebody has it by then.
        block_in_place(|| (0..TURNS).for_each(|_| std::thread::yield_now()));
    }
}
