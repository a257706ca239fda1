//! What is known about a request while it passes through the gateway: the `context` variable of policies.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>

mod account;
mod fork;
mod url;
mod view;
mod worker;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, HOST, ORIGIN, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use rustls::pki_types::CertificateDer;

use crate::Gateway;
use crate::access::Access;
use crate::backend::{BackendUrl, Entity, Session};
use crate::body::{Body, Break, CollectError, Watch};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Deferred, Effective, ScopeKind};
use crate::policies::Proxy;
use crate::server::hygiene;
use crate::snapshot::{Api, Operation, Service};
use crate::state::{Caching, ChosenCache, Vector};
use crate::trace::Recorder;
use crate::value::Variable;

pub use view::Evaluation;

/// How many messages a request may leave in its trace.
pub const TRACES: usize = 100;

/// How long a body may be that is collected in memory.
const COLLECTED: usize = 64 << 20;

/// One request and what it became so far.
#[derive(Debug)]
pub struct Exchange {
    /// The gateway that serves it.
    pub gateway: Arc<Gateway>,
    /// The configuration that it began with, and keeps.
    pub matched: Match,
    /// The product and subscription that it is accounted to.
    pub access: Access,
    /// The request as policies left it.
    pub request: Message,
    /// Where `forward-request` sends it.
    pub backend: Option<Arc<BackendUrl>>,
    /// How long backends took until they answered, if they were asked.
    pub backend_took: Option<std::time::Duration>,
    /// What the last backend answered with, if one answered.
    pub backend_status: Option<u16>,
    /// The answer came out of a cache.
    pub is_cached: bool,
    /// How long the request's body was when it came, if that was known.
    pub request_bytes: u64,
    /// The backend of the service that policies chose.
    pub chosen: Option<Chosen>,
    /// How the gateway shows itself there.
    pub session: Session,
    /// The answer, once there is one.
    pub response: Option<Response>,
    /// What went wrong, if anything.
    pub last_error: Option<LastError>,
    /// The field that a resolver answers: its arguments and its parent.
    pub field: Option<Variable>,
    /// The variables that policies set.
    pub variables: Arc<HashMap<Arc<str>, Variable>>,
    /// The client's certificate and what it was issued by.
    pub certificates: Arc<[CertificateDer<'static>]>,
    /// The client's connection is encrypted.
    pub tls: bool,
    /// Headers that the response gets at the very end, whatever it becomes.
    pub final_headers: HeaderMap,
    /// The keys of quotas that it was counted for.
    pub counted: Vec<String>,
    /// What policies wrote down with `trace`.
    pub traces: Vec<String>,
    /// Its trace, if it leaves one.
    pub recorder: Option<Box<Recorder>>,
    /// When it came in.
    pub began: sim::Timestamp,
    /// What policies do when the answer is there.
    pub deferred: Vec<Deferred>,
    /// The proxy that `proxy` leads requests through.
    pub proxy: Option<Arc<Proxy>>,
    /// Where `cache-lookup` found nothing, and `cache-store` may put the answer.
    pub cached_as: Option<Arc<CachedAs>>,
    /// What was asked for when nothing of that meaning was kept, and where an answer may be put.
    pub meant: Option<Arc<Meant>>,
    /// The keys of the values that it makes for `cache-value`.
    pub making: Vec<String>,
    /// Who looks at the response while it goes to the client.
    pub watches: Vec<Box<dyn Watch>>,
    /// The variables that were set since the request was forked.
    written: Option<Vec<Arc<str>>>,
    /// The same on the clock that only runs forward.
    pub started: Duration,
    id: OnceLock<String>,
}

/// A backend of the service that takes the request.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The backend.
    pub entity: Arc<Entity>,
    /// The scope of the policy that chose it.
    pub scope: ScopeKind,
}

/// Under which key an answer may be kept, and what clients are told about it.
#[derive(Debug)]
pub struct CachedAs {
    /// The key.
    pub key: String,
    /// What clients may do with the answer.
    pub downstream: Downstream,
    /// The cache.
    pub caching: Caching,
}

/// The meaning of a prompt, and among which answers one of that meaning may be.
#[derive(Debug)]
pub struct Meant {
    /// The answers.
    pub partition: String,
    /// The meaning.
    pub vector: Vector,
}

/// What caches between the gateway and its clients may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downstream {
    /// Nothing.
    None,
    /// Clients may keep the answer, and must or need not ask again when it is old.
    Private(Revalidation),
    /// Anybody may keep it.
    Public(Revalidation),
}

/// What a client does with an answer that is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revalidation {
    /// It asks again.
    Must,
    /// What it likes.
    May,
}

/// What a request's host, path and method lead to.
#[derive(Debug, Clone)]
pub struct Match {
    /// The service.
    pub service: Arc<Service>,
    /// The API, once one was found.
    pub api: Option<Arc<Api>>,
    /// The operation, once one was found.
    pub operation: Option<Arc<Operation>>,
}

/// A request on its way to a backend.
#[derive(Debug)]
pub struct Message {
    /// The host that the client called, lower case, without port.
    pub host: String,
    /// The method.
    pub method: Method,
    /// The path that the client called, without dot segments.
    pub path: String,
    /// Where in the path begins what follows the API's path.
    pub remainder: usize,
    /// The query without its question mark.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// A policy said what `Host` the backend sees.
    pub own_host: bool,
    /// The body.
    pub body: Body,
    /// Who sent it.
    pub client: IpAddr,
    /// What the client called, once a policy changed it.
    pub original: Option<Box<Original>>,
}

/// What the client called.
#[derive(Debug, Clone)]
pub struct Original {
    path: String,
    remainder: usize,
    query: Option<String>,
}

/// An answer on its way to the client.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The words after the code, where they are not the usual ones.
    pub reason: Option<hyper::ext::ReasonPhrase>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

impl Exchange {
    /// A request that nothing is known about yet.
    pub fn new(gateway: Arc<Gateway>, service: Arc<Service>, request: Message) -> Self {
        let (began, started) = (gateway.clock.now(), gateway.clock.elapsed());
        Self {
            request_bytes: request.body.length(),
            recorder: None,
            began,
            started,
            id: OnceLock::new(),
            gateway,
            matched: Match { service, api: None, operation: None },
            access: Access::default(),
            request,
            backend: None,
            backend_took: None,
            backend_status: None,
            is_cached: false,
            chosen: None,
            session: Session::default(),
            response: None,
            last_error: None,
            field: None,
            variables: Arc::default(),
            certificates: Arc::default(),
            tls: false,
            final_headers: HeaderMap::new(),
            counted: Vec::new(),
            traces: Vec::new(),
            deferred: Vec::new(),
            proxy: None,
            cached_as: None,
            meant: None,
            making: Vec::new(),
            watches: Vec::new(),
            written: None,
        }
    }

    /// Its identifier, if somebody asked for it; else nothing.
    pub fn known_id(&self) -> &str {
        self.id.get().map_or("", String::as_str)
    }

    /// Its identifier, the same whenever somebody asks.
    pub fn id(&self) -> &str {
        self.id.get_or_init(|| self.gateway.ids.uuid())
    }

    /// Collects the request's body, so that it can be read and sent more than once.
    pub async fn collect_request(&mut self) -> Result<(), LastError> {
        self.request.body.collect(COLLECTED).await.map_err(|error| {
            let reason = Reason::ClientConnectionFailure;
            let failed = LastError::new(Source::Expression, reason, error.to_string());
            match error {
                CollectError::Broken(error) => failed.without_body(Break::of(&error)),
                CollectError::TooLong(_) => failed,
            }
        })
    }

    /// Collects the response's body, if there is one.
    pub async fn collect_response(&mut self) -> Result<(), LastError> {
        let Some(response) = &mut self.response else { return Ok(()) };
        response.collect().await
    }

    /// Collects the body of the response once there is one, of the request before.
    pub async fn collect_message(&mut self) -> Result<(), LastError> {
        if self.response.is_some() { self.collect_response().await } else { self.collect_request().await }
    }

    /// The body of the response once there is one, of the request before.
    pub fn message_body(&self) -> &Body {
        self.response.as_ref().map_or(&self.request.body, |response| &response.body)
    }

    /// Keeps a value under a name.
    pub fn set_variable(&mut self, name: &Arc<str>, value: Variable) {
        if let Some(written) = &mut self.written {
            written.push(Arc::clone(name));
        }
        Arc::make_mut(&mut self.variables).insert(Arc::clone(name), value);
    }

    /// Forgets a value.
    pub fn unset_variable(&mut self, name: &Arc<str>) {
        if self.variables.contains_key(name) {
            Arc::make_mut(&mut self.variables).remove(name);
        }
    }

    /// The headers that policies change: the response's once there is one, the request's before.
    pub fn headers(&mut self) -> &mut HeaderMap {
        match &mut self.response {
            Some(response) => &mut response.headers,
            None => &mut self.request.headers,
        }
    }

    /// A policy gave `Host` a value, which is for the backend while there is no response.
    pub fn takes_over_host(&mut self) {
        self.request.own_host |= self.response.is_none();
    }

    /// Replaces the body of the response once there is one, of the request before.
    pub fn set_body(&mut self, bytes: Bytes) {
        let headers = self.headers();
        headers.remove(CONTENT_LENGTH);
        headers.remove(TRANSFER_ENCODING);
        match &mut self.response {
            Some(response) => response.body = Body::full(bytes),
            None => self.request.body = Body::full(bytes),
        }
    }

    /// The cache that a policy means; where there is none, nothing is kept and nothing fails.
    pub fn cache(&self, caching: Caching) -> ChosenCache {
        self.gateway.state.choose(caching, &self.matched.service.model)
    }

    /// Policies that remember may have to wait.
    pub fn remembers_elsewhere(&self) -> bool {
        self.gateway.state.is_shared() || self.matched.service.model.cache.is_some()
    }

    /// The policy that applies as far as it is known which.
    pub fn policy(&self) -> Arc<Effective> {
        let product = self.access.product.as_deref();
        let policies = match (&self.matched.operation, &self.matched.api) {
            (Some(operation), _) => &operation.policies,
            (None, Some(api)) => &api.policies,
            (None, None) => return Arc::clone(&self.matched.service.policy),
        };
        Arc::clone(policies.of(product))
    }
}

impl Message {
    /// What follows the API's path, with its leading slash; may be empty.
    pub fn remainder(&self) -> &str {
        self.path.get(self.remainder..).unwrap_or_default()
    }

    /// The `Host` that the backend sees: the one that a policy set, or else its own.
    ///
    /// # Errors
    /// What the policy set is no host.
    pub fn host_for_backend(&self, usual: &HeaderValue) -> Result<HeaderValue, LastError> {
        match self.headers.get(HOST).filter(|_| self.own_host) {
            None => Ok(usual.clone()),
            Some(host) if hygiene::is_host(host) => Ok(host.clone()),
            Some(_) => {
                let message = "the header Host that a policy set is no host: it takes a name and a port";
                Err(LastError::forward(Reason::BackendConnectionFailure, message))
            }
        }
    }

    /// A browser asks whether a page of another origin may call.
    pub fn is_preflight(&self) -> bool {
        self.method == Method::OPTIONS
            && self.headers.contains_key(ORIGIN)
            && self.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Keeps what the client called, before a policy changes it.
    pub fn keep_original(&mut self) {
        let Self { path, remainder, query, original, .. } = self;
        original.get_or_insert_with(|| {
            Box::new(Original { path: path.clone(), remainder: *remainder, query: query.clone() })
        });
    }

    /// Gives it another path, all of which goes to the backend, and another query.
    pub fn lead_to(&mut self, path: String, query: Option<String>) {
        let before = Original {
            path: std::mem::replace(&mut self.path, path),
            remainder: std::mem::replace(&mut self.remainder, 0),
            query: std::mem::replace(&mut self.query, query),
        };
        self.original.get_or_insert_with(|| Box::new(before));
    }

    /// What the client called: the path, what follows the API's path in it, and the query.
    pub fn original(&self) -> (&str, &str, Option<&str>) {
        let (path, remainder, query) = match &self.original {
            Some(original) => (&original.path, original.remainder, original.query.as_deref()),
            None => (&self.path, self.remainder, self.query.as_deref()),
        };
        (path, path.get(remainder..).unwrap_or_default(), query)
    }
}

impl Response {
    /// An answer without headers and body.
    pub fn new(status: StatusCode) -> Self {
        Self { status, reason: None, headers: HeaderMap::new(), body: Body::Empty }
    }

    /// Collects the body, so that it can be read and sent more than once.
    pub async fn collect(&mut self) -> Result<(), LastError> {
        self.body.collect(COLLECTED).await.map_err(|error| {
            LastError::new(Source::Expression, Reason::BackendConnectionFailure, error.to_string())
        })
    }

    /// The words after the status code.
    pub fn reason_text(&self) -> String {
        match &self.reason {
            Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
            None => self.status.canonical_reason().unwrap_or_default().to_owned(),
        }
    }

    /// The answer as hyper sends it.
    pub fn into_http(self) -> http::Response<Body> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(reason) = self.reason {
            response.extensions_mut().insert(reason);
        }
        response
    }
}

impl From<http::Response<Body>> for Response {
    fn from(response: http::Response<Body>) -> Self {
        let (mut parts, body) = response.into_parts();
        let reason = parts.extensions.remove();
        Self { status: parts.status, reason, headers: parts.headers, body }
    }
}
