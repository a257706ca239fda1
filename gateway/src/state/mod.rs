//! What the gateway remembers from one request to the next: the counters of rate limits and quotas, and
//! cached values; the circuits to backends.
//!
//! The counters may be shared with other gateways through a Redis; while it is away, each counts for itself.
//! Counters outlive a change of the configuration, are bounded in number, and are kept per service.

mod bucket;
mod cache;
mod caching;
mod calls;
mod circuit;
mod concurrency;
mod counters;
mod external;
mod flights;
mod quota;
mod responses;
mod shared;
mod vectors;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apim::{QuotaChange, QuotaCounter};
use arc_swap::ArcSwap;
use cache::Cache;
use caching::Caches;
use concurrency::Concurrency;
use counters::Counters;
use flights::Flights;
use responses::Responses;
use tokio::runtime::Handle;
use vectors::Vectors;

pub use caching::{Caching, ChosenCache};
pub use calls::{Algorithm, Calls, Limit, Limited};
pub use circuit::{Circuit, Ended};
pub use quota::{Allowance, Exhausted, Period, Quota, Volume, time_span};
pub use responses::{Kept, LONGEST};
use shared::Shared;
pub use shared::{Count, Link};
pub use vectors::{Entry, Vector};

/// The counters.
#[derive(Debug, Default)]
pub struct State {
    calls: Counters<Calls>,
    quotas: Counters<Quota>,
    cache: Mutex<Cache>,
    responses: Mutex<Responses>,
    vectors: Mutex<Vectors>,
    /// The values that are being made.
    pub flights: Flights,
    /// The requests that are in something at the moment.
    pub concurrency: Concurrency,
    /// The counters that gateways have together.
    shared: Option<Shared>,
    /// The external caches of services.
    caches: ArcSwap<Caches>,
}

impl State {
    /// Counts together with the other gateways that use this Redis.
    pub fn sharing(link: Arc<Link>) -> Self {
        Self { shared: Some(Shared::new(link)), ..Self::default() }
    }

    /// Counters are shared: who asks them may have to wait.
    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Waits until it is known whether there is a Redis, within bounds.
    pub async fn settled(&self) {
        if let Some(shared) = &self.shared {
            shared.link().settled().await;
        }
    }

    /// Counts a call of a rate limit, and says how many are left.
    pub async fn count(&self, key: &str, limit: Limit, count: Count, now: i64) -> Result<u64, Limited> {
        if let Some(shared) = &self.shared
            && let Some(counted) = shared.count(key, limit, count).await
        {
            return counted;
        }
        self.calls(key, now, |calls| match count {
            Count::IfRoom => calls.count(limit, now),
            Count::Room(counted) => {
                let left = calls.room(limit, now)?;
                if let Some(increment) = counted {
                    calls.add_to(Limit { increment, ..limit }, now);
                }
                Ok(left)
            }
            Count::Always => {
                calls.add_to(limit, now);
                Ok(0)
            }
        })
    }

    /// Counts a call of a rate limit whether there is room or not, without waiting for it.
    pub fn count_later(&self, key: &str, limit: Limit, now: i64) {
        let Some((shared, runtime)) = self.at_hand() else {
            return self.calls(key, now, |calls| calls.add_to(limit, now));
        };
        let key = key.to_owned();
        runtime.spawn(async move { shared.count(&key, limit, Count::Always).await });
    }

    /// Spends calls of a quota unless it is used up, and says how many are used.
    pub async fn spend(
        &self,
        key: &str,
        (allowance, period): (Allowance, Period),
        calls: u64,
        now: i64,
    ) -> Result<u64, Exhausted> {
        if let Some(shared) = &self.shared
            && let Some(spent) = shared.spend(key, (allowance, period), calls).await
        {
            return spent;
        }
        self.quota(key, now, |quota| {
            quota.check(allowance, period, now)?;
            quota.add(calls, 0);
            Ok(quota.calls())
        })
    }

    /// Counts for a quota, without waiting for it.
    pub fn spend_later(&self, key: &str, (calls, bytes): (u64, u64), now: i64) {
        let Some((shared, runtime)) = self.at_hand() else {
            return self.quota(key, now, |quota| quota.add(calls, bytes));
        };
        let key = key.to_owned();
        runtime.spawn(async move { shared.add(&key, calls, bytes).await });
    }

    /// The calls that were counted for a quota.
    pub async fn spent(&self, key: &str, now: i64) -> u64 {
        if let Some(shared) = &self.shared
            && let Some(spent) = shared.add(key, 0, 0).await
        {
            return spent;
        }
        self.quota(key, now, |quota| quota.calls())
    }

    /// What was used of a quota, after what is to be changed was changed.
    pub async fn used(&self, key: &str, change: QuotaChange, now: i64) -> Option<QuotaCounter> {
        if let Some(shared) = &self.shared
            && let Some(used) = shared.used(key, change).await
        {
            return used;
        }
        self.quotas.find(key, |quota| quota.used(change, now)).flatten()
    }

    /// The shared counters, if they are there, and what asks them.
    fn at_hand(&self) -> Option<(Shared, Handle)> {
        let shared = self.shared.as_ref().filter(|shared| shared.link().is_up())?;
        Some((shared.clone(), Handle::try_current().ok()?))
    }

    /// The values that policies keep.
    pub fn cache(&self) -> MutexGuard<'_, Cache> {
        lock(&self.cache)
    }

    /// The answers that are kept.
    pub fn responses(&self) -> MutexGuard<'_, Responses> {
        lock(&self.responses)
    }

    /// The answers that are kept with the meaning of their prompts.
    pub fn vectors(&self) -> MutexGuard<'_, Vectors> {
        lock(&self.vectors)
    }

    /// The calls of a rate limit's counter.
    pub fn calls<T>(&self, key: &str, now: i64, work: impl FnOnce(&mut Calls) -> T) -> T {
        self.calls.with(key, |calls| calls.is_over(now), work)
    }

    /// What was used of a quota.
    pub fn quota<T>(&self, key: &str, now: i64, work: impl FnOnce(&mut Quota) -> T) -> T {
        self.quotas.with(key, |quota| quota.is_over(now), work)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
