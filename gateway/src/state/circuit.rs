//! Circuit breakers of backends: how many of the last requests failed, and until when a backend is left alone.
//! <https://learn.microsoft.com/azure/api-management/backends#circuit-breaker>
//!
//! **Differs from Azure:** there each machine of a gateway counts for itself; here there is one count, in slices of a
//! sixty-fourth of the interval. How many requests a percentage needs to count is not documented: one is enough.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use apim::CircuitBreaker;

use super::lock;

/// Into how many slices the interval is divided.
const SLICES: u64 = 64;

/// The circuit to one backend. A backend that does not fail costs one load of an atomic.
#[derive(Debug)]
pub struct Circuit {
    rule: CircuitBreaker,
    /// When it closes again, in milliseconds of the clock that only runs forward.
    open_until: AtomicU64,
    window: Mutex<VecDeque<Slice>>,
}

/// What happened within a slice of the interval.
#[derive(Debug)]
struct Slice {
    start: u64,
    requests: u64,
    failures: u64,
}

/// How a request to a backend ended.
#[derive(Debug, Clone, Copy)]
pub enum Ended<'a> {
    /// With this status, and perhaps the wish to be left alone for a while.
    Answered(u16, Option<Duration>),
    /// With this reason of an error.
    Failed(&'a str),
}

impl Circuit {
    /// Closed, by this rule.
    pub fn new(rule: CircuitBreaker) -> Self {
        Self { rule, open_until: AtomicU64::new(0), window: Mutex::default() }
    }

    /// The rule.
    pub fn rule(&self) -> &CircuitBreaker {
        &self.rule
    }

    /// How long it stays open; `None` while it is closed.
    pub fn open_for(&self, now: Duration) -> Option<Duration> {
        let left = self.open_until.load(Ordering::Acquire).saturating_sub(millis(now));
        (left > 0).then(|| Duration::from_millis(left))
    }

    /// Counts a request that ended, and opens when that was one failure too many.
    pub fn count(&self, ended: Ended<'_>, now: Duration) {
        let failed = self.is_failure(ended);
        // What ends while the circuit is open began before, and says nothing about what comes after.
        if (!failed && self.rule.percentage.is_none()) || self.open_for(now).is_some() {
            return;
        }
        let now = millis(now);
        let mut window = lock(&self.window);
        self.note(&mut window, failed, now);
        if failed && self.trips(&window) {
            window.clear();
            let asked = match ended {
                Ended::Answered(_, asked) if self.rule.accept_retry_after => asked,
                _ => None,
            };
            let until = now.saturating_add(millis(asked.unwrap_or(self.rule.trip_duration)));
            self.open_until.store(until, Ordering::Release);
        }
    }

    fn is_failure(&self, ended: Ended<'_>) -> bool {
        match ended {
            Ended::Answered(status, _) => {
                self.rule.status_codes.iter().any(|(first, last)| (*first..=*last).contains(&status))
            }
            Ended::Failed(reason) => {
                self.rule.error_reasons.iter().any(|known| known.eq_ignore_ascii_case(reason))
            }
        }
    }

    fn note(&self, window: &mut VecDeque<Slice>, failed: bool, now: u64) {
        let interval = millis(self.rule.interval);
        while window.front().is_some_and(|slice| slice.start.saturating_add(interval) <= now) {
            window.pop_front();
        }
        let slice = match window.back_mut() {
            Some(slice) if now.saturating_sub(slice.start) < (interval / SLICES).max(1) => slice,
            _ => {
                window.push_back(Slice { start: now, requests: 0, failures: 0 });
                let Some(slice) = window.back_mut() else { return };
                slice
            }
        };
        slice.requests = slice.requests.saturating_add(1);
        slice.failures = slice.failures.saturating_add(u64::from(failed));
    }

    fn trips(&self, window: &VecDeque<Slice>) -> bool {
        let sum = |of: fn(&Slice) -> u64| window.iter().map(of).fold(0, u64::saturating_add);
        let (failures, requests) = (sum(|slice| slice.failures), sum(|slice| slice.requests));
        let too_many = self.rule.count.is_some_and(|count| failures >= u64::from(count));
        let too_often = self.rule.percentage.is_some_and(|percentage| {
            failures.saturating_mul(100) >= requests.saturating_mul(u64::from(percentage))
        });
        too_many || too_often
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURE: Ended<'_> = Ended::Answered(503, Some(Duration::from_secs(7)));
    const SUCCESS: Ended<'_> = Ended::Answered(200, None);

    fn circuit(count: Option<u32>, percentage: Option<u32>) -> Circuit {
        Circuit::new(CircuitBreaker {
            name: "rule".to_owned(),
            count,
            percentage,
            interval: Duration::from_mins(1),
            status_codes: vec![(429, 429), (500, 599)],
            error_reasons: vec!["Timeout".to_owned()],
            trip_duration: Duration::from_secs(30),
            accept_retry_after: true,
        })
    }

    fn after(circuit: &Circuit, ended: &[(u64, Ended<'_>)]) -> Option<u64> {
        for (second, ended) in ended {
            circuit.count(*ended, Duration::from_secs(*second));
        }
        let now = Duration::from_secs(ended.last().map_or(0, |(second, _)| *second));
        circuit.open_for(now).map(|left| left.as_secs())
    }

    #[test]
    fn failures_within_the_interval_open_it() {
        let (timeout, other) = (Ended::Failed("Timeout"), Ended::Failed("BackendConnectionFailure"));
        let gone = Ended::Answered(404, None);
        for (count, percentage, ended, open) in [
            (Some(2), None, &[(0, timeout), (59, timeout)][..], Some(30)),
            (Some(2), None, &[(0, timeout), (60, timeout)], None),
            (Some(2), None, &[(0, timeout), (1, other), (2, gone), (3, SUCCESS)], None),
            (Some(2), None, &[(0, timeout), (1, FAILURE)], Some(7)),
            (None, Some(50), &[(0, SUCCESS), (1, SUCCESS), (2, FAILURE)], None),
            (None, Some(50), &[(0, SUCCESS), (1, FAILURE)], Some(7)),
            (None, Some(50), &[(0, SUCCESS), (1, SUCCESS), (62, timeout)], Some(30)),
        ] {
            assert_eq!(after(&circuit(count, percentage), ended), open, "{count:?} {percentage:?} {ended:?}");
        }
    }

    #[test]
    fn it_closes_after_its_time_and_counts_anew() {
        let circuit = circuit(Some(2), None);
        assert_eq!(after(&circuit, &[(0, FAILURE), (0, FAILURE), (3, FAILURE)]), Some(4));
        assert_eq!(after(&circuit, &[(7, FAILURE)]), None);
        assert_eq!(after(&circuit, &[(8, FAILURE)]), Some(7));
    }
}
