//! What gateways remember together, in a Redis: one script decides each call, by the server's clock, in one round trip,
//! as the counters in memory would.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-cache-external>
//!
//! **Differs from Azure:** there the counters of a gateway are its own and only the cache is external; here several
//! gateway processes can count together, exactly. While the Redis is away each counts for itself.

mod link;
#[cfg(test)]
pub mod tests;

use std::sync::{Arc, LazyLock};

use apim::{QuotaChange, QuotaCounter};
use redis::Script;

pub use link::Link;

use super::{Algorithm, Allowance, Exhausted, Limit, Limited, Period, Volume};

static CALLS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("calls.lua")));
static QUOTA: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("quota.lua")));
static USED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("used.lua")));

/// How much of a rate limit there must be room for, and how much is counted then.
#[derive(Debug, Clone, Copy)]
pub enum Count {
    /// There must be room for what is counted.
    IfRoom,
    /// It is counted in any case.
    Always,
    /// There must be room; what is counted is this, if anything.
    Room(Option<u64>),
}

/// The counters in a Redis.
#[derive(Debug, Clone)]
pub struct Shared {
    link: Arc<Link>,
    /// The time, in place of the server's.
    now: Option<i64>,
}

impl Shared {
    /// Those in the Redis of a link.
    pub fn new(link: Arc<Link>) -> Self {
        Self { link, now: None }
    }

    /// The way to it.
    pub fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// Counts a call of a rate limit; `None` if the Redis is away.
    pub async fn count(&self, key: &str, limit: Limit, count: Count) -> Option<Result<u64, Limited>> {
        let (algorithm, place) = match limit.algorithm {
            Algorithm::SlidingWindow => ("window", 'w'),
            Algorithm::TokenBucket => ("bucket", 'b'),
        };
        let (wanted, counted) = match count {
            Count::IfRoom => (Some(limit.increment), Some(limit.increment)),
            Count::Always => (None, Some(limit.increment)),
            Count::Room(counted) => (Some(limit.increment), counted),
        };
        let mut call = CALLS.key(format!("apimlab:calls:{place}:{key}"));
        call.arg(text(self.now)).arg(algorithm).arg(limit.calls).arg(limit.period);
        call.arg(text(wanted)).arg(text(counted));
        let (left, wait): (i64, u64) = self.link.run(&call).await?;
        Some(u64::try_from(left).map_err(|_| Limited { retry_after: wait }))
    }

    /// Spends calls of a quota, and says how many are used; `None` if the Redis is away.
    pub async fn spend(
        &self,
        key: &str,
        (allowance, period): (Allowance, Period),
        calls: u64,
    ) -> Option<Result<u64, Exhausted>> {
        let (kind, one, two) = match period {
            Period::Endless => ("endless", 0, 0),
            Period::SinceFirstCall(seconds) => ("first", i64::from(seconds), 0),
            Period::Since(start, seconds) => ("since", start, i64::from(seconds)),
            Period::Between(start, end) => ("between", start, end),
        };
        let (up, number) = self.quota(key, (kind, one, two), allowance, (calls, 0)).await?;
        let volume = match up {
            0 => return Some(Ok(u64::try_from(number).unwrap_or(0))),
            1 => Volume::Calls,
            _ => Volume::Bandwidth,
        };
        Some(Err(Exhausted { volume, replenished_in: u64::try_from(number).ok() }))
    }

    /// Counts for a quota in the period that is, and says how many calls are used; `None` if the Redis is away.
    pub async fn add(&self, key: &str, calls: u64, bytes: u64) -> Option<u64> {
        let (_, used) = self.quota(key, ("none", 0, 0), Allowance::default(), (calls, bytes)).await?;
        u64::try_from(used).ok()
    }

    /// What was used of a quota, after what is to be changed was changed; `None` if the Redis is away.
    pub async fn used(&self, key: &str, change: QuotaChange) -> Option<Option<QuotaCounter>> {
        let mut call = USED.key(format!("apimlab:quota:{key}"));
        call.arg(text(self.now)).arg(text(change.start)).arg(text(change.calls)).arg(text(change.bytes));
        let (is_there, calls, bytes, start, end): (bool, u64, u64, i64, i64) = self.link.run(&call).await?;
        let end = Some(end).filter(|end| *end >= 0);
        Some(is_there.then_some(QuotaCounter { calls, bytes, start, end }))
    }

    async fn quota(
        &self,
        key: &str,
        (kind, one, two): (&str, i64, i64),
        allowance: Allowance,
        (calls, bytes): (u64, u64),
    ) -> Option<(u8, i64)> {
        let mut call = QUOTA.key(format!("apimlab:quota:{key}"));
        call.arg(text(self.now)).arg(kind).arg(one).arg(two);
        call.arg(text(allowance.calls)).arg(text(allowance.bytes)).arg(calls).arg(bytes);
        self.link.run(&call).await
    }
}

fn text(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
