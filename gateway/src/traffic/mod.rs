//! What reports of a service tell: sums of minutes by API, operation, product, subscription and user, and the newest
//! requests.
//! <https://learn.microsoft.com/rest/api/apimanagement/reports>
//!
//! A request takes the lock of its thread's own place, in which only somebody who asks for a report may be in its way,
//! and copies names into room that is there already.
//!
//! **Differs from Azure:** nothing is kept across a restart, and of a great many kinds of requests only the last minutes.
//! A body whose length is not known beforehand counts nothing.

mod kept;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use apim::Cached;
use sim::Timestamp;

use crate::thread;
use kept::Kept;

/// As many threads count without meeting each other.
const SHARDS: usize = 16;

/// What requests are told apart by; names are empty where there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account<'a> {
    /// The ARM id of the service.
    pub service: &'a str,
    /// The API.
    pub api: &'a str,
    /// The operation.
    pub operation: &'a str,
    /// The product.
    pub product: &'a str,
    /// The subscription.
    pub subscription: &'a str,
    /// The user.
    pub user: &'a str,
}

/// A request that was served.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// What it is accounted to.
    pub account: Account<'a>,
    /// When it came.
    pub at: Timestamp,
    /// The method.
    pub method: &'a str,
    /// What the client called: scheme, host, path, and the query if there is one.
    pub url: (&'static str, &'a str, &'a str, Option<&'a str>),
    /// The query parameter that may hold the key of a subscription.
    pub key: &'a str,
    /// Who sent it.
    pub client: IpAddr,
    /// The status codes of the answer and of the backend's.
    pub status: (u16, Option<u16>),
    /// How the cache took part.
    pub cached: Cached,
    /// How long it took, and how long backends took.
    pub took: (Duration, Option<Duration>),
    /// The lengths of the bodies of the request and the answer.
    pub bytes: (u64, u64),
    /// Its identifier, if it has one.
    pub id: &'a str,
}

/// The requests of all services.
#[derive(Debug, Default)]
pub struct Traffic {
    shards: [Shard; SHARDS],
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<Kept>);

impl Traffic {
    /// Remembers a request.
    pub fn count(&self, served: &Served<'_>) {
        if let Some(Shard(kept)) = self.shards.get(thread::number() % SHARDS) {
            kept.lock().unwrap_or_else(PoisonError::into_inner).count(served);
        }
    }

    /// What is remembered of a service.
    pub fn of(&self, service: &str) -> apim::Traffic {
        let mut traffic = apim::Traffic::default();
        for Shard(kept) in &self.shards {
            kept.lock().unwrap_or_else(PoisonError::into_inner).tell(service, &mut traffic);
        }
        traffic
    }
}
