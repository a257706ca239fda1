//! What the gateway remembers from one request to the next: the counters of rate limits and quotas, and
//! cached values.
//!
//! Counters outlive a change of the configuration, are bounded in number, and are kept per service.

mod cache;
mod calls;
mod concurrency;
mod quota;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cache::Cache;
use concurrency::Concurrency;

pub use calls::{Calls, Limit, Limited};
pub use quota::{Exhausted, Period, Quota, time_span};

/// How many counters of a kind there may be before those that are over are forgotten.
const COUNTERS: usize = 50_000;

/// The counters.
#[derive(Debug, Default)]
pub struct State {
    calls: Mutex<HashMap<String, Calls>>,
    quotas: Mutex<HashMap<String, Quota>>,
    cache: Mutex<Cache>,
    /// The requests that are in something at the moment.
    pub concurrency: Concurrency,
}

impl State {
    /// The values that policies keep.
    pub fn cache(&self) -> MutexGuard<'_, Cache> {
        lock(&self.cache)
    }

    /// Counts calls of a rate limit, unless there are too many.
    pub fn call(&self, key: String, limit: Limit, now: i64) -> Result<u64, Limited> {
        let mut counters = lock(&self.calls);
        if counters.len() >= COUNTERS {
            counters.retain(|_, calls| !calls.is_over(now));
        }
        counters.entry(key).or_default().count(limit, now)
    }

    /// Counts calls of a quota, unless they are used up.
    pub fn use_up(&self, key: String, calls: u64, period: Period, now: i64) -> Result<(), Exhausted> {
        let mut counters = lock(&self.quotas);
        if counters.len() >= COUNTERS {
            counters.retain(|_, quota| !quota.is_over(now));
        }
        counters.entry(key).or_default().count(calls, period, now)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
