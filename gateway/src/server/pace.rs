//! Clients that take their time: whoever owes bytes of a request, or does not take those of an answer, has to move some in
//! every period, or the connection ends. So a head or body that comes byte by byte, and an answer that is never taken,
//! hold a connection for seconds, not forever. Nobody owes anything between requests: there a connection may be silent
//! for four minutes, as long as Azure's load balancer leaves it open.
//! <https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/options#minimum-request-body-data-rate>, which
//! is the server of the self-hosted gateway.
//!
//! **Differs from Azure:** the rate is looked at from outside every five seconds, so that a request pays nothing for it.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::task::Context;
use std::time::Duration;

use futures_util::task::AtomicWaker;

/// How often it is looked at.
pub const PERIOD: Duration = Duration::from_secs(5);
/// How many bytes have to move in a period: 240 a second.
const LEAST: u64 = 240 * PERIOD.as_secs();
/// So many periods in a row may be too slow before a connection ends.
const GRACE: u16 = 2;
/// So many periods may pass in which nothing moves and nothing is under way.
const IDLE: u16 = 48;

/// How fast a client is.
#[derive(Debug, Default)]
pub struct Pace {
    /// Bytes that moved in either direction.
    moved: AtomicU64,
    /// The gateway waits for the client.
    waits: AtomicBool,
    late: AtomicBool,
    /// What had moved at the last look.
    known: AtomicU64,
    slow: AtomicU16,
    silent: AtomicU16,
    waker: AtomicWaker,
}

impl Pace {
    /// Bytes moved. Only the connection's own task says so.
    pub fn moves(&self, bytes: usize) {
        let moved = self.moved.load(Ordering::Relaxed);
        self.moved.store(moved.wrapping_add(u64::try_from(bytes).unwrap_or(u64::MAX)), Ordering::Relaxed);
        if self.waits.load(Ordering::Relaxed) {
            self.waits.store(false, Ordering::Relaxed);
        }
    }

    /// Nothing goes on until the client does its part.
    pub fn waits(&self, context: &Context<'_>) {
        self.waker.register(context.waker());
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Nothing is expected of the client.
    pub fn rests(&self) {
        self.waits.store(false, Ordering::Relaxed);
    }

    /// # Errors
    /// The client was too slow for too long.
    pub fn check(&self) -> io::Result<()> {
        if self.late.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    /// Looks at how far the client came, once every [`PERIOD`]; whether nothing moved for as long as a connection may idle.
    pub fn look(&self) -> bool {
        let moved = self.moved.load(Ordering::Relaxed);
        let came = moved.wrapping_sub(self.known.swap(moved, Ordering::Relaxed));
        if !self.waits.load(Ordering::Relaxed) || came >= LEAST {
            self.slow.store(0, Ordering::Relaxed);
            let silent = if came == 0 { self.silent.load(Ordering::Relaxed).saturating_add(1) } else { 0 };
            self.silent.store(silent, Ordering::Relaxed);
            return silent >= IDLE;
        }
        if self.slow.fetch_add(1, Ordering::Relaxed) + 1 >= GRACE {
            self.late.store(true, Ordering::Relaxed);
            self.waker.wake();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_may_be_silent_for_some_time() {
        let pace = Pace::default();
        let looks = |pace: &Pace| (1..=IDLE).map(|_| pace.look()).collect::<Vec<_>>();
        pace.moves(1);
        assert!(!pace.look());
        let silent = looks(&pace);
        assert_eq!(silent.iter().position(|ends| *ends), Some(usize::from(IDLE) - 1));
        pace.moves(1);
        assert!(!pace.look());
    }

    #[test]
    fn who_is_waited_for_and_hardly_moves_is_late_at_the_second_look() {
        let context = Context::from_waker(std::task::Waker::noop());
        for (what, late, act) in [
            ("nothing is expected", false, (|_, _| {}) as fn(&Pace, &Context<'_>)),
            ("nothing moves", true, |pace, context| pace.waits(context)),
            ("bytes trickle", true, |pace, context| {
                pace.moves(1_000);
                pace.waits(context);
            }),
            ("bytes come", false, |pace, context| {
                pace.moves(2_000);
                pace.waits(context);
            }),
            ("all came", false, |pace, context| {
                pace.waits(context);
                pace.moves(1);
            }),
            ("nothing is expected any more", false, |pace, context| {
                pace.waits(context);
                pace.rests();
            }),
        ] {
            let pace = Pace::default();
            for expected in [false, late] {
                act(&pace, &context);
                assert!(!pace.look(), "{what}");
                assert_eq!(pace.check().is_err(), expected, "{what}");
            }
        }
    }
}
