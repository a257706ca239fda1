//! What the gateway remembers from one request to the next: the counters of rate limits and quotas, and
//! cached values; the circuits to backends.
//!
//! Counters outlive a change of the configuration, are bounded in number, and are kept per service.

mod bucket;
mod cache;
mod calls;
mod circuit;
mod concurrency;
mod flights;
mod quota;
mod responses;
mod shared;
mod vectors;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cache::Cache;
use concurrency::Concurrency;
use flights::Flights;
use responses::Responses;
use vectors::Vectors;

pub use calls::{Algorithm, Calls, Limit, Limited};
pub use circuit::{Circuit, Ended};
pub use quota::{Allowance, Exhausted, Period, Quota, Volume, time_span};
pub use responses::{Kept, LONGEST};
pub use shared::{Count, Link, Shared};
pub use vectors::{Entry, Vector};

/// How many counters of a kind there may be before those that are over are forgotten.
const COUNTERS: usize = 50_000;

/// The counters.
#[derive(Debug, Default)]
pub struct State {
    calls: Mutex<HashMap<String, Calls>>,
    quotas: Mutex<HashMap<String, Quota>>,
    cache: Mutex<Cache>,
    responses: Mutex<Responses>,
    vectors: Mutex<Vectors>,
    /// The values that are being made.
    pub flights: Flights,
    /// The requests that are in something at the moment.
    pub concurrency: Concurrency,
}

impl State {
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
        let mut counters = lock(&self.calls);
        if counters.len() >= COUNTERS && !counters.contains_key(key) {
            counters.retain(|_, calls| !calls.is_over(now));
        }
        work(counters.entry(key.to_owned()).or_default())
    }

    /// What was used of a quota.
    pub fn quota<T>(&self, key: &str, now: i64, work: impl FnOnce(&mut Quota) -> T) -> T {
        let mut counters = lock(&self.quotas);
        if counters.len() >= COUNTERS && !counters.contains_key(key) {
            counters.retain(|_, quota| !quota.is_over(now));
        }
        work(counters.entry(key.to_owned()).or_default())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
