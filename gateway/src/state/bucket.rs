//! The token bucket of rate limits in the v2 tiers: as many calls at once as the bucket holds, and then as many as flow
//! in.
//! <https://learn.microsoft.com/azure/api-management/v2-service-tiers-overview>
//!
//! **Differs from Azure:** how Azure's bucket rounds is not known; this one is exact. The bucket holds `calls` tokens and
//! fills in `renewal-period`.

use super::{Limit, Limited};

/// The parts that a token is counted in.
const PARTS: u128 = 1_000_000;
/// After how many milliseconds a bucket is full again, whatever its limit: the longest period that Azure takes.
pub(super) const LONGEST: i64 = 300_000;

/// What was taken out of a bucket and has not flowed in again. Limits of one key share it.
#[derive(Debug, Default)]
pub struct Bucket {
    missing: u128,
    at: i64,
}

impl Bucket {
    /// How many tokens are left behind this call, if it may be made.
    pub fn room(&mut self, limit: Limit, now: i64) -> Result<u64, Limited> {
        self.fill(limit, now);
        let left = parts(limit.calls).saturating_sub(self.missing);
        match left.checked_sub(parts(limit.increment)) {
            Some(rest) => Ok(u64::try_from(rest / PARTS).unwrap_or(u64::MAX)),
            None => Err(Limited { retry_after: wait(limit, parts(limit.increment) - left) }),
        }
    }

    /// Takes tokens out, whether there are as many or not.
    pub fn take(&mut self, limit: Limit, now: i64) {
        self.fill(limit, now);
        self.missing = self.missing.saturating_add(parts(limit.increment));
    }

    /// It is full again, whatever its limit.
    pub fn is_full(&self, now: i64) -> bool {
        self.missing == 0 || self.at.saturating_add(LONGEST) <= now
    }

    fn fill(&mut self, limit: Limit, now: i64) {
        let elapsed = u128::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        let flowed = parts(limit.calls).saturating_mul(elapsed) / period(limit);
        let is_over = now.saturating_sub(self.at) >= LONGEST;
        self.missing = if is_over { 0 } else { self.missing.saturating_sub(flowed) };
        self.at = now;
    }
}

fn parts(tokens: u64) -> u128 {
    u128::from(tokens) * PARTS
}

fn period(limit: Limit) -> u128 {
    u128::from(limit.period.max(1)) * 1_000
}

/// In how many seconds so much flows in; a bucket that nothing flows into is looked at again after its period.
fn wait(limit: Limit, wanted: u128) -> u64 {
    let millis =
        wanted.saturating_mul(period(limit)).checked_div(parts(limit.calls)).unwrap_or(period(limit));
    u64::try_from(millis.div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::{Algorithm, Calls};
    use super::*;

    #[test]
    fn a_bucket_empties_at_once_and_fills_slowly() {
        let mut calls = Calls::default();
        let limit = Limit { calls: 3, period: 60, increment: 1, algorithm: Algorithm::TokenBucket };
        let limited = |retry_after| Err(Limited { retry_after });
        for (now, expected) in [
            (0, Ok(2)),
            (0, Ok(1)),
            (100, Ok(0)),
            (5_000, limited(15)),
            (19_999, limited(1)),
            (20_000, Ok(0)),
            (20_001, limited(20)),
            (80_001, Ok(2)),
            (1_000_000, Ok(2)),
        ] {
            assert_eq!(calls.count(limit, now), expected, "{now}");
        }
        assert!(!calls.is_over(1_000_001));
        assert!(calls.is_over(1_300_000));
    }

    #[test]
    fn what_does_not_fit_is_told_when_to_come_again() {
        let none = Limit { calls: 0, period: 30, increment: 1, algorithm: Algorithm::TokenBucket };
        assert_eq!(Calls::default().count(none, 7), Err(Limited { retry_after: 30 }));
        let much = Limit { calls: u64::MAX, period: 300, increment: u64::MAX, ..none };
        let mut calls = Calls::default();
        assert_eq!(calls.count(much, i64::MAX), Ok(0));
        assert!(calls.count(much, i64::MAX).is_err());
    }
}
