//! What requests came and how they ended, as the control plane asks for it and reports it.
//! <https://learn.microsoft.com/rest/api/apimanagement/reports>

use std::net::IpAddr;

/// What a gateway remembers of a service's requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traffic {
    /// The sums of minutes. There may be several of one kind.
    pub sums: Vec<TrafficSum>,
    /// The newest requests, in no particular order.
    pub requests: Vec<ServedRequest>,
}

/// What a request is accounted to: the names of things that the service has; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account {
    /// The API.
    pub api: String,
    /// The operation.
    pub operation: String,
    /// The product.
    pub product: String,
    /// The subscription.
    pub subscription: String,
    /// The user that owns the subscription.
    pub user: String,
}

/// The requests of one kind in one minute.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrafficSum {
    /// The minute, counted since 1970.
    pub minute: i64,
    /// What they are accounted to.
    pub account: Account,
    /// How many there were with each kind of status code.
    pub statuses: StatusCounts,
    /// The bytes of bodies, as far as their lengths were known beforehand.
    pub bytes: u64,
    /// The answers out of a cache.
    pub cache_hits: u64,
    /// The answers that were looked for in a cache and not found.
    pub cache_misses: u64,
    /// How long they took.
    pub took: Durations,
    /// How long backends took.
    pub backend_took: Durations,
}

/// How many answers there were of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusCounts {
    /// Up to 301, 304 and 307.
    pub success: u64,
    /// 401, 403 and 429.
    pub blocked: u64,
    /// 400, and 500 and above.
    pub failed: u64,
    /// All others.
    pub other: u64,
}

/// Durations in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many there are.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
    /// The shortest.
    pub least: u64,
    /// The longest.
    pub most: u64,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedRequest {
    /// What it is accounted to.
    pub account: Account,
    /// When it came, in milliseconds since 1970.
    pub at: i64,
    /// The method.
    pub method: String,
    /// What the client called, without keys of subscriptions.
    pub url: String,
    /// Who sent it.
    pub client: IpAddr,
    /// The status code of the answer.
    pub status: u16,
    /// The status code of the backend's answer, if there was one.
    pub backend_status: Option<u16>,
    /// How the cache took part.
    pub cached: Cached,
    /// How long it took until the answer began, in microseconds.
    pub took: u64,
    /// How long backends took, in microseconds.
    pub backend_took: u64,
    /// The length of its body, if it was known beforehand.
    pub request_bytes: u64,
    /// The length of the answer's body, if it was known beforehand.
    pub response_bytes: u64,
    /// Its identifier; empty if nobody asked for one.
    pub id: String,
}

/// How the cache took part in a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cached {
    /// It did not.
    #[default]
    None,
    /// The answer came out of it.
    Hit,
    /// The answer was looked for in it and not found.
    Miss,
}
