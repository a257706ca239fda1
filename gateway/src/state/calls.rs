//! The sliding window of rate limits: how many calls there were in the last seconds.
//! <https://learn.microsoft.com/azure/api-management/rate-limit-policy>
//!
//! **Differs from Azure:** the sliding window is exact; Azure's is spread over machines and less so.

use std::collections::VecDeque;

use super::bucket::{Bucket, LONGEST};

/// How calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The calls of the last seconds, as in the classic tiers.
    SlidingWindow,
    /// The tokens that are left, as in the v2 tiers.
    TokenBucket,
}

/// How many calls may be made in how long.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The calls.
    pub calls: u64,
    /// The period, in seconds.
    pub period: u32,
    /// How much this call counts.
    pub increment: u64,
    /// How it is counted.
    pub algorithm: Algorithm,
}

/// The calls of one counter, second by second.
#[derive(Debug, Default)]
pub struct Calls {
    /// When the first call of a second came, in milliseconds, and how many came in it.
    seconds: VecDeque<(i64, u64)>,
    bucket: Bucket,
}

/// There were too many calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// In how many seconds there is room again.
    pub retry_after: u64,
}

impl Calls {
    /// Counts a call if there is room, and says how many are left.
    pub fn count(&mut self, limit: Limit, now: i64) -> Result<u64, Limited> {
        let left = self.room(limit, now)?;
        self.add_to(limit, now);
        Ok(left)
    }

    /// Counts a call as its limit says, whether there is room or not.
    pub fn add_to(&mut self, limit: Limit, now: i64) {
        match limit.algorithm {
            Algorithm::SlidingWindow => self.add(limit.increment, now),
            Algorithm::TokenBucket => self.bucket.take(limit, now),
        }
    }

    /// Counts calls, whether there is room or not.
    pub fn add(&mut self, increment: u64, now: i64) {
        match self.seconds.back_mut() {
            Some((start, calls)) if now - *start < 1_000 => *calls = calls.saturating_add(increment),
            _ => self.seconds.push_back((now, increment)),
        }
    }

    /// How many calls are left after this one.
    pub fn room(&mut self, limit: Limit, now: i64) -> Result<u64, Limited> {
        if limit.algorithm == Algorithm::TokenBucket {
            return self.bucket.room(limit, now);
        }
        let period = i64::from(limit.period) * 1_000;
        while self.seconds.front().is_some_and(|(start, _)| start + LONGEST.max(period) <= now) {
            self.seconds.pop_front();
        }
        let within = |start: i64| start + period > now;
        let used: u64 = self
            .seconds
            .iter()
            .filter(|(start, _)| within(*start))
            .map(|(_, calls)| calls)
            .fold(0, |sum: u64, calls| sum.saturating_add(*calls));
        if used.saturating_add(limit.increment) > limit.calls {
            return Err(Limited { retry_after: self.room_in(limit, used, now) });
        }
        Ok(limit.calls - used - limit.increment)
    }

    /// Nothing in it counts any more.
    pub fn is_over(&self, now: i64) -> bool {
        self.bucket.is_full(now) && self.seconds.back().is_none_or(|(start, _)| start + LONGEST <= now)
    }

    fn room_in(&self, limit: Limit, mut used: u64, now: i64) -> u64 {
        let period = i64::from(limit.period) * 1_000;
        for (start, calls) in self.seconds.iter().filter(|(start, _)| start + period > now) {
            used = used.saturating_sub(*calls);
            if used.saturating_add(limit.increment) <= limit.calls {
                let wait = start + period - now;
                return u64::try_from(wait).unwrap_or(0).div_ceil(1_000).max(1);
            }
        }
        u64::from(limit.period).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut calls = Calls::default();
        let limit = Limit { calls: 2, period: 60, increment: 1, algorithm: Algorithm::SlidingWindow };
        assert_eq!(calls.count(limit, 0), Ok(1));
        assert_eq!(calls.count(limit, 10_000), Ok(0));
        assert_eq!(calls.count(limit, 20_500), Err(Limited { retry_after: 40 }));
        assert_eq!(calls.count(limit, 60_000), Ok(0));
        assert_eq!(calls.count(limit, 60_001), Err(Limited { retry_after: 10 }));
        assert!(!calls.is_over(60_001));
        assert!(calls.is_over(360_000));
        let none = Limit { calls: 0, ..limit };
        assert_eq!(Calls::default().count(none, 0), Err(Limited { retry_after: 60 }));
    }
}
