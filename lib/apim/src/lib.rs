//! What an API Management service is told to do: the model between the control plane and the gateway.
//!
//! The control plane projects its resources to a [`Snapshot`]; the gateway, behind the port [`DataPlane`], compiles
//! it and serves it. The model has no behaviour of its own.
//! <https://learn.microsoft.com/azure/api-management/api-management-key-concepts>
#![deny(missing_docs)]

mod authorization;
mod backend;
mod certificate;
mod configuration;
mod contract;
mod gateway_kind;
mod policy;
mod probe;
mod quota;
mod redis;
mod self_hosted_gateway;
mod service;
mod shared;
mod subscription;
mod trace;
mod traffic;
mod user;
mod version;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};

pub use authorization::{Authorization, Consent, Principal};
pub use backend::{
    Backend, BackendCredentials, BackendIdentity, BackendKind, BackendPool, BackendProxy, CircuitBreaker,
    PoolMember, SingleBackend,
};
pub use certificate::{Certificate, CertificateError, PrivateKey};
pub use configuration::Configuration;
pub use contract::{Contract, Parameter, Representation, ResponseContract, Schema};
pub use gateway_kind::GatewayKind;
pub use policy::{
    Fragment, NamedValue, PolicyDescription, PolicyDocument, PolicyFormat, PolicyScope, Secret,
};
pub use probe::{Probe, ProbeRequest, Probed};
pub use quota::{QuotaChange, QuotaCounter, QuotaKey};
pub use redis::{Redis, RedisError};
pub use self_hosted_gateway::{SelfHostedGateway, shared_access_token};
pub use service::{Api, ApiKind, Operation, Product, Resolver, Scheme, Service};
pub use shared::Shared;
pub use subscription::{Key, Scope, Subscription, SubscriptionState};
pub use trace::{DebugCredentials, TraceDocument, TraceEntry};
pub use traffic::{Account, Cached, Durations, ServedRequest, StatusCounts, Traffic, TrafficSum};
pub use user::{Group, User, UserIdentity};
pub use version::{ApiVersion, VersioningScheme};

/// All services, as they are to be served from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The services, in no particular order.
    pub services: Vec<Shared<Service>>,
}

/// A text that is being read.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;

/// A counter that is being asked for; `None` if nothing was counted in a period that is not over.
pub type Counted<'a> = Pin<Box<dyn Future<Output = Option<QuotaCounter>> + Send + 'a>>;

/// A connection that is being tried.
pub type Probing<'a> = Pin<Box<dyn Future<Output = Result<Probed, String>> + Send + 'a>>;

/// The port to the gateway.
pub trait DataPlane: Send + Sync {
    /// Compiles one service without serving it.
    ///
    /// # Errors
    /// What is wrong in its policies, each with the [`PolicyDocument::path`] as its source and a position.
    fn check(&self, candidate: &Shared<Service>) -> Result<(), Vec<Diagnostic>>;

    /// Serves this snapshot in place of the one before. Requests under way finish on the snapshot that they began
    /// with.
    ///
    /// # Errors
    /// The snapshot does not compile; the one before stays in service.
    fn publish(&self, snapshot: Snapshot) -> Result<(), Vec<Diagnostic>>;

    /// A token with which requests to an API leave a trace; `None` if this data plane writes none.
    fn debug_token(&self, asked: &DebugCredentials) -> Option<String> {
        let _ = asked;
        None
    }

    /// The text at a link, as far as it can be reached from here; at most so many bytes of it.
    ///
    /// # Errors
    /// A sentence that says why it cannot be had.
    fn read<'a>(&'a self, url: &'a str, most: usize) -> Reading<'a> {
        let _ = (url, most);
        Box::pin(async { Err("this data plane reaches nothing".to_owned()) })
    }

    /// The policies that documents may hold, sorted by name.
    fn policies(&self) -> Vec<PolicyDescription> {
        Vec::new()
    }

    /// From that long on, backends are reached through new connections; `false` if this data plane keeps none.
    fn reconnect(&self, after: Duration) -> bool {
        let _ = after;
        false
    }

    /// Makes the tokens for traces of the service with this ARM id worthless; `false` if this data plane writes none.
    fn forget_debug_tokens(&self, service: &str) -> bool {
        let _ = service;
        false
    }

    /// A trace of the service with this ARM id, if it is still there.
    fn trace(&self, service: &str, id: &str) -> Option<TraceDocument> {
        let _ = (service, id);
        None
    }

    /// Tries a connection to something in the virtual networks.
    ///
    /// # Errors
    /// A sentence that says why it cannot be made, or why nothing was answered.
    fn probe<'a>(&'a self, asked: &'a Probe) -> Probing<'a> {
        let _ = asked;
        Box::pin(async { Err("this data plane reaches nothing".to_owned()) })
    }

    /// What requests of the service with this ARM id came, as far as that is remembered.
    fn traffic(&self, service: &str) -> Traffic {
        let _ = service;
        Traffic::default()
    }

    /// What was used of a quota, after what is to be changed was changed.
    fn quota<'a>(&'a self, key: &'a QuotaKey, change: QuotaChange) -> Counted<'a> {
        let _ = (key, change);
        Box::pin(async { None })
    }
}
