//! Backends that a service knows by name: where its policies send requests.
//! <https://learn.microsoft.com/azure/api-management/backends>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Secret;

/// A backend of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// The identifier in the service, which policies name as `backend-id`.
    pub name: String,
    /// What it is.
    pub kind: BackendKind,
}

/// What a backend is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BackendKind {
    /// One address.
    Single(Box<SingleBackend>),
    /// Several backends that share the requests.
    Pool(BackendPool),
}

/// Several backends that share the requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendPool {
    /// The backends.
    pub members: Vec<PoolMember>,
    /// The cookie that binds a client to one of them, if one does.
    pub session_cookie: Option<String>,
}

/// One address, and how requests to it are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SingleBackend {
    /// The URL that the rest of the request's path is joined to.
    pub url: String,
    /// What is added to each request.
    pub credentials: BackendCredentials,
    /// The chain of its certificate is checked.
    pub validate_chain: bool,
    /// The name in its certificate is checked.
    pub validate_name: bool,
    /// The proxy on the way there, if there is one.
    pub proxy: Option<BackendProxy>,
    /// What Azure would do with it and the sandbox does not, if there is anything: it is not called then.
    pub not_implemented: Option<String>,
    /// When it is left alone for a while.
    pub breaker: Option<CircuitBreaker>,
}

impl SingleBackend {
    /// A backend at this URL, with nothing special about it.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            credentials: BackendCredentials::default(),
            validate_chain: true,
            validate_name: true,
            proxy: None,
            not_implemented: None,
            breaker: None,
        }
    }
}

/// What is added to each request to a backend. The values may hold named values (`{{name}}`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendCredentials {
    /// Headers, each with its value.
    pub headers: Vec<(String, Secret)>,
    /// Query parameters, each with its value.
    pub query: Vec<(String, Secret)>,
    /// The value of the header `Authorization`.
    pub authorization: Option<Secret>,
    /// The identifiers of client certificates.
    pub certificates: Vec<String>,
    /// The identity of the service whose token is sent.
    pub identity: Option<BackendIdentity>,
}

/// An identity of the service, and what its token is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendIdentity {
    /// The application (client) id of a user-assigned identity; the service's own identity without one.
    pub client_id: Option<String>,
    /// What the token is for.
    pub resource: String,
}

/// A proxy on the way to a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendProxy {
    /// Where it is.
    pub url: String,
    /// The name that it is told, if it wants one.
    pub username: Option<String>,
    /// The password that goes with it.
    pub password: Option<Secret>,
}

/// A backend in a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolMember {
    /// The identifier of the backend.
    pub backend: String,
    /// Members with a lower number come first.
    pub priority: u32,
    /// The share of requests among members of one priority.
    pub weight: u32,
}

/// The rule by which a backend is left alone after failures.
/// <https://learn.microsoft.com/azure/api-management/backends#circuit-breaker>
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitBreaker {
    /// The name of the rule.
    pub name: String,
    /// How many failures within `interval`, if it counts them.
    pub count: Option<u32>,
    /// Which share of the requests within `interval`, in percent, if it compares them.
    pub percentage: Option<u32>,
    /// The time in which failures are counted.
    pub interval: Duration,
    /// First and last status code of each range that is a failure.
    pub status_codes: Vec<(u16, u16)>,
    /// Reasons of errors that are failures, such as `Timeout`.
    pub error_reasons: Vec<String>,
    /// How long the backend is left alone.
    pub trip_duration: Duration,
    /// The `Retry-After` of the backend says how long it is left alone.
    pub accept_retry_after: bool,
}
