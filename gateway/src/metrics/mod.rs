//! How many requests there were and how long they took, for Prometheus: by service, API, operation, product and status.
//! Azure's metrics Requests, Duration and Backend Duration. A request takes no lock here; only the first of its kind
//! does.
//! <https://learn.microsoft.com/azure/api-management/monitor-api-management-reference>,
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>
//!
//! **Differs from Azure:** histograms where it has averages; nothing is counted for hosts that no service has.

#[cfg(test)]
mod tests;
mod text;

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::thread;

/// How many kinds of requests are told apart; the others are counted together.
const MOST: usize = 10_000;
/// Threads that count at the same time do so in different places, up to this many.
const SHARDS: usize = 4;
/// The upper ends of the buckets in microseconds; what takes longer is in one more.
const BOUNDS: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 10_000_000];

/// What requests are told apart by. The names are the identifiers of things that a configuration has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels<'a> {
    /// The service.
    pub service: &'a str,
    /// The API; empty if the request came to none.
    pub api: &'a str,
    /// The operation; empty if the request came to none.
    pub operation: &'a str,
    /// The product; empty if none applied.
    pub product: &'a str,
    /// The status code of the answer.
    pub status: u16,
}

/// The counters of a gateway.
#[derive(Debug, Default)]
pub struct Metrics {
    hasher: RandomState,
    series: ArcSwap<HashMap<u64, Arc<Series>>>,
}

/// The requests of one kind.
#[derive(Debug)]
struct Series {
    labels: [String; 4],
    status: u16,
    shards: [Shard; SHARDS],
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    total: Histogram,
    backend: Histogram,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

impl Metrics {
    /// Counts a request, and how long a backend took if it was asked.
    pub fn count(&self, labels: Labels<'_>, total: Duration, backend: Option<Duration>) {
        let key = self.hasher.hash_one(labels);
        let known = self.series.load();
        match known.get(&key) {
            Some(series) if series.is(labels) => series.count(total, backend),
            Some(_) => {}
            None => self.first(key, labels).count(total, backend),
        }
    }

    /// The counters of requests of which there was none yet.
    fn first(&self, key: u64, labels: Labels<'_>) -> Arc<Series> {
        let others = Labels { api: "", operation: "", product: "", ..labels };
        let (key, labels) = if self.series.load().len() < MOST {
            (key, labels)
        } else {
            (self.hasher.hash_one(others), others)
        };
        let made = Arc::new(Series::of(labels));
        self.series.rcu(|known| {
            let mut more = HashMap::clone(known);
            more.entry(key).or_insert_with(|| Arc::clone(&made));
            more
        });
        self.series.load().get(&key).map_or(made, Arc::clone)
    }

    /// All of it as Prometheus reads it.
    pub fn text(&self) -> String {
        let series = self.series.load();
        let mut series: Vec<&Series> = series.values().map(AsRef::as_ref).collect();
        series.sort_unstable_by(|one, other| one.labels().cmp(&other.labels()));
        text::write(&series)
    }
}

impl Series {
    fn of(labels: Labels<'_>) -> Self {
        let Labels { service, api, operation, product, status } = labels;
        let labels = [service, api, operation, product].map(str::to_owned);
        Self { labels, status, shards: Default::default() }
    }

    fn labels(&self) -> Labels<'_> {
        let [service, api, operation, product] = &self.labels;
        Labels { service, api, operation, product, status: self.status }
    }

    fn is(&self, labels: Labels<'_>) -> bool {
        self.labels() == labels
    }

    fn count(&self, total: Duration, backend: Option<Duration>) {
        let Some(shard) = self.shards.get(thread::number() % SHARDS) else { return };
        shard.total.count(total);
        if let Some(backend) = backend {
            shard.backend.count(backend);
        }
    }
}

impl Histogram {
    fn count(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.microseconds.fetch_add(took, Ordering::Relaxed);
    }
}
