//! Looking again and again, for a while: at first quickly, then less often.

use std::time::Duration;

use sim::Clock;

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A bounded wait for something to become true.
pub(super) struct Patience<'c> {
    clock: &'c Clock,
    started: Duration,
    bound: Duration,
    pause: Duration,
}

impl<'c> Patience<'c> {
    pub(super) fn new(clock: &'c Clock, bound: Duration) -> Self {
        Self { clock, started: clock.elapsed(), bound, pause: FIRST_PAUSE }
    }

    /// Pauses, and says whether to look again.
    pub(super) async fn again(&mut self) -> bool {
        let left = self.bound.saturating_sub(self.clock.elapsed().saturating_sub(self.started));
        if left.is_zero() {
            return false;
        }
        self.clock.sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
