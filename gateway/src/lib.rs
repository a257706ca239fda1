//! The API Management data plane: takes requests, applies policies, and forwards them to backends.
//!
//! A [`Gateway`] compiles the snapshots that it gets through [`apim::DataPlane`] and serves the newest good one; it
//! reaches backends through the virtual network. [`handle`] is the life of a request from top to bottom.
//! <https://learn.microsoft.com/azure/api-management/api-management-gateways-overview>

mod access;
pub mod authoring;
mod backend;
mod body;
mod context;
mod conversion;
mod credential;
mod dialog;
mod document;
mod error;
mod graphql;
mod handle;
mod identity;
mod jwt;
mod link;
mod liquid;
mod metrics;
mod odata;
mod pipeline;
pub mod policies;
mod probe;
mod published;
mod respond;
mod routing;
mod server;
mod sink;
mod snapshot;
mod state;
mod thread;
mod tokens;
mod trace;
mod traffic;
mod trust;
mod validation;
mod value;
mod xsd;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use apim::DataPlane;
use arc_swap::{ArcSwap, ArcSwapOption};
use diagnostic::Diagnostic;
use network::Fabric;
use rustls::RootCertStore;
use sim::{Clock, Ids};

pub use error::{LastError, Reason, Source};
pub use identity::{AccessToken, Entra, TokenFuture, TokenSource, Wanted};
pub use pipeline::{ScopeKind, Section};
pub use trace::Trace;

use backend::Backend;
use identity::Tokens;
use published::Asked;
use snapshot::Compiled;
use state::{Link, State};
use trace::Traces;

/// Where Dapr's sidecar is unless somebody says so.
const DAPR: &str = "http://localhost:3500";

/// What a gateway takes from outside.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where time comes from.
    pub clock: Clock,
    /// Where request identifiers come from.
    pub ids: Ids,
    /// The network that backends are reached through.
    pub fabric: Arc<Fabric>,
    /// The authorities that certificates of backends and callers may come from.
    pub roots: Arc<RootCertStore>,
    /// The Microsoft Entra tenant.
    pub entra: Option<Entra>,
    /// The Redis in which several gateways count together. A gateway that has one is made within a runtime.
    pub redis: Option<apim::Redis>,
}

/// The gateway of all services of one sandbox.
#[derive(Debug)]
pub struct Gateway {
    clock: Clock,
    ids: Ids,
    backend: Backend,
    roots: Arc<RootCertStore>,
    state: State,
    entra: Option<Entra>,
    tokens: Tokens,
    providers: jwt::Providers,
    credentials: credential::Credentials,
    sink: sink::Sink,
    dapr: ArcSwap<String>,
    metrics: metrics::Metrics,
    traces: Traces,
    traffic: traffic::Traffic,
    events: graphql::Events,
    snapshot: ArcSwap<Compiled>,
    /// What was checked last, which is mostly what is published next.
    checked: ArcSwapOption<snapshot::Service>,
}

impl Gateway {
    /// A gateway that serves nothing yet.
    pub fn new(config: Config) -> Arc<Self> {
        let Config { clock, ids, fabric, roots, entra, redis } = config;
        let link = redis.map(|address| Link::open(address, Arc::clone(&roots)));
        let state = link.map_or_else(State::default, State::sharing);
        let backend = Backend::new(clock.clone(), fabric, Arc::clone(&roots));
        Self::with_backend((clock, ids), (roots, entra), backend, state)
    }

    fn with_backend(
        (clock, ids): (Clock, Ids),
        (roots, entra): (Arc<RootCertStore>, Option<Entra>),
        backend: Backend,
        state: State,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock,
            ids,
            backend,
            roots,
            state,
            entra,
            tokens: Tokens::default(),
            providers: jwt::Providers::default(),
            credentials: credential::Credentials::default(),
            sink: sink::Sink::default(),
            dapr: ArcSwap::from_pointee(DAPR.to_owned()),
            metrics: metrics::Metrics::default(),
            traces: Traces::default(),
            traffic: traffic::Traffic::default(),
            events: graphql::Events::default(),
            snapshot: ArcSwap::default(),
            checked: ArcSwapOption::empty(),
        })
    }

    /// Where Dapr's sidecar is from now on, without a slash at the end.
    pub fn reach_dapr_at(&self, url: String) {
        self.dapr.store(Arc::new(url));
    }

    /// There is an operation for a request with this method and path.
    pub fn serves(&self, host: &str, method: &str, path: &str) -> bool {
        let snapshot = self.snapshot.load();
        let asked = Asked { path, query: None, headers: &http::HeaderMap::new() };
        let found = snapshot.service(host).and_then(|service| service.api(&asked));
        found.is_some_and(|(api, rest)| api.operations.find(method, rest, None).is_some())
    }

    /// What policies sent to other services, after the emission with this number, oldest first.
    pub fn emissions(&self, after: u64) -> Vec<serde_json::Value> {
        self.sink.after(after)
    }

    /// How many requests there were and how long they took, as Prometheus reads it.
    pub fn metrics(&self) -> String {
        self.metrics.text()
    }

    /// The traces that are kept, the newest first.
    pub fn traces(&self) -> Vec<Arc<Trace>> {
        self.traces.list()
    }

    /// The trace with this identifier.
    pub fn trace(&self, id: &str) -> Option<Arc<Trace>> {
        self.traces.find(id)
    }

    /// How many requests of a second leave a trace without being asked for it.
    pub fn samples(&self) -> u32 {
        self.traces.samples()
    }

    /// From now on so many requests of a second leave a trace without being asked for it.
    pub fn sample(&self, a_second: u32) {
        self.traces.sample(a_second);
    }
}

/// Compiles one policy document as it would stand at an API of a service that has nothing else.
///
/// # Errors
/// Everything that is wrong in it.
pub fn check(document: &apim::PolicyDocument) -> Result<(), Vec<Diagnostic>> {
    let library = document::Library::default();
    let setting = document::Setting { scope: ScopeKind::Api, url_template: None, library };
    document::Document::compile(document, setting).map(|_| ())
}

impl DataPlane for Gateway {
    fn check(&self, candidate: &apim::Shared<apim::Service>) -> Result<(), Vec<Diagnostic>> {
        let before = self.snapshot.load().and(self.checked.load().as_ref(), &candidate.id);
        let compiled = snapshot::Service::renew(candidate, &before)?;
        // What is in service is not given up for a schema; it is refused when somebody saves it.
        let problems = compiled.schema_problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        self.checked.store(Some(compiled));
        Ok(())
    }

    fn publish(&self, snapshot: apim::Snapshot) -> Result<(), Vec<Diagnostic>> {
        let compiled = Compiled::compile(snapshot, &self.snapshot.load(), self.checked.load().as_ref())?;
        self.state.connect(compiled.services().map(|service| &*service.model), &self.roots);
        self.snapshot.store(Arc::new(compiled));
        Ok(())
    }

    fn debug_token(&self, asked: &apim::DebugCredentials) -> Option<String> {
        Some(self.traces.token(asked, &self.clock, &self.ids))
    }

    fn read<'a>(&'a self, url: &'a str, most: usize) -> apim::Reading<'a> {
        Box::pin(link::read(self, url, most))
    }

    fn policies(&self) -> Vec<apim::PolicyDescription> {
        policies::descriptions()
    }

    fn reconnect(&self, after: Duration) -> bool {
        self.backend.renew(after);
        true
    }

    fn forget_debug_tokens(&self, service: &str) -> bool {
        self.traces.forget_tokens(service);
        true
    }

    fn trace(&self, service: &str, id: &str) -> Option<apim::TraceDocument> {
        let trace = self.traces.find(id).filter(|trace| trace.service_id.eq_ignore_ascii_case(service))?;
        Some(trace.document())
    }

    fn probe<'a>(&'a self, asked: &'a apim::Probe) -> apim::Probing<'a> {
        Box::pin(probe::probe(self, asked))
    }

    fn traffic(&self, service: &str) -> apim::Traffic {
        self.traffic.of(service)
    }

    fn quota<'a>(&'a self, asked: &'a apim::QuotaKey, change: apim::QuotaChange) -> apim::Counted<'a> {
        let key = policies::quota_counter(&asked.service, &asked.key);
        let now = self.clock.now().unix_millis();
        Box::pin(async move { self.state.used(&key, change, now).await })
    }
}
