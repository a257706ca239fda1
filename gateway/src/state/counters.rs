//! Counters by key, in shards of their own so that requests with different keys seldom wait for each other.

use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;
use foldhash::fast::RandomState;

const SHARDS: usize = 16;
/// How many counters there may be before those that are over are forgotten.
const COUNTERS: usize = 50_000;

/// Counters of one kind.
#[derive(Debug, Default)]
pub struct Counters<T> {
    hasher: RandomState,
    shards: [Mutex<HashMap<String, T>>; SHARDS],
}

impl<T: Default> Counters<T> {
    /// Works with the counter of this key.
    pub fn with<R>(&self, key: &str, is_over: impl Fn(&T) -> bool, work: impl FnOnce(&mut T) -> R) -> R {
        let mut counters = self.shard(key);
        if let Some(counter) = counters.get_mut(key) {
            return work(counter);
        }
        if counters.len() >= COUNTERS / SHARDS {
            counters.retain(|_, counter| !is_over(counter));
        }
        work(counters.entry(key.to_owned()).or_default())
    }

    /// Works with the counter of this key if there is one.
    pub fn find<R>(&self, key: &str, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.shard(key).get_mut(key).map(work)
    }

    fn shard(&self, key: &str) -> MutexGuard<'_, HashMap<String, T>> {
        let [first, rest @ ..] = &self.shards;
        let at = self.hasher.hash_one(key) % SHARDS as u64;
        let shard = usize::try_from(at).ok().and_then(|at| rest.get(at)).unwrap_or(first);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_stay_until_they_are_over_and_too_many() {
        let counters = Counters::<u32>::default();
        for turn in 1..=2 {
            for key in 0..COUNTERS {
                let count = |counter: &mut u32| {
                    *counter += 1;
                    *counter
                };
                assert_eq!(counters.with(&key.to_string(), |_| false, count), turn, "{key}");
            }
        }
        for key in 0..COUNTERS {
            counters.with(&format!("new {key}"), |counter| *counter > 1, |_| ());
        }
        let kept: usize = counters.shards.iter().map(|shard| shard.lock().expect("whole").len()).sum();
        assert!(kept < COUNTERS * 3 / 2, "{kept}");
    }
}
