//! The API server: HTTP in, objects out.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/>
//!
//! **Differs from Kubernetes:** JSON and YAML only; whoever is let in may do everything; admission is what
//! [`admission`] says; items of lists keep their `apiVersion` and `kind`.

mod accept;
mod admission;
mod authentication;
mod body;
mod change;
mod create;
mod delete;
mod discovery;
mod fields;
mod log;
mod openapi;
mod options;
mod query;
mod read;
mod respond;
mod review;
mod route;
mod scale;
mod status;
mod table;
mod update;
mod version;
mod watch;

use std::sync::{Arc, Mutex};

use aks::ManagedCluster;
use http::{HeaderMap, Method, Request, Response};
use tokio::sync::watch::Receiver;

use super::kinds::Subresource;
use super::store::Store;
use super::workloads::Runtime;
use super::{Peer, token::Token};
use accept::Representation;
use query::Query;
use route::Target;
use status::Failure;

pub use admission::{ensure, furnish};
pub use respond::Body;

/// The API server of one cluster.
pub struct Api {
    /// Its objects.
    pub store: Arc<Store>,
    /// Its Pods.
    pub runtime: Arc<Runtime>,
    /// The cluster as its owner wants it.
    pub cluster: Receiver<Arc<ManagedCluster>>,
    /// What clients show to be let in.
    pub token: Token,
    /// The time.
    pub clock: sim::Clock,
    /// The path that the API is served under.
    pub base: String,
    /// What each namespace's `kube-root-ca.crt` has.
    pub ca_pem: String,
    /// Held while Services get addresses.
    pub allocating: Mutex<()>,
}

/// A request without its body.
struct Call<'a> {
    api: &'a Arc<Api>,
    method: &'a Method,
    headers: &'a HeaderMap,
    query: Query,
    representation: Representation,
}

/// The answer for a cluster that does not run.
pub fn no_cluster(key: &str) -> Response<Body> {
    respond::failure(&Failure::no_cluster(key))
}

/// The answer when answering has failed.
pub fn panicked() -> Response<Body> {
    respond::failure(&Failure::internal("the sandbox has failed to answer: this is a bug"))
}

impl Api {
    /// Answers a request for `path`, which is the path below the API's base.
    pub async fn handle<B>(self: &Arc<Self>, request: Request<B>, path: &str, peer: Peer) -> Response<Body>
    where
        B: http_body::Body + Send,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let answer = self.answer(request, path, peer).await;
        answer.unwrap_or_else(|failure| respond::failure(&failure))
    }

    async fn answer<B>(
        self: &Arc<Self>,
        request: Request<B>,
        path: &str,
        peer: Peer,
    ) -> Result<Response<Body>, Failure>
    where
        B: http_body::Body + Send,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let segments = route::segments(path)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if !authentication::is_public(&segments) {
            authentication::check(&self.token, &head.headers, peer)?;
        }
        let call = Call {
            api: self,
            method: &head.method,
            headers: &head.headers,
            query: Query::parse(head.uri.query()),
            representation: accept::representation(&head.headers)?,
        };
        let body = match head.method {
            Method::GET | Method::HEAD => bytes::Bytes::new(),
            _ => body::read(body).await?,
        };
        call.dispatch(route::target(&self.store, &segments)?, &body).await
    }
}

impl Call<'_> {
    async fn dispatch(&self, target: Target<'_>, body: &[u8]) -> Result<Response<Body>, Failure> {
        match target {
            Target::Collection { of, namespace } => {
                route::writable(of, self.method)?;
                match *self.method {
                    Method::GET if self.query.on("watch") => watch::watch(self, of, namespace),
                    Method::GET => read::list(self, of, namespace),
                    Method::POST => create::create(self, of, namespace, body).await,
                    Method::DELETE => delete::delete_collection(self, of, namespace, body).await,
                    _ => Err(Failure::method_not_allowed()),
                }
            }
            Target::Object { of, namespace, name, below } => {
                route::writable(of, self.method)?;
                let at = change::Place { of, namespace, name };
                match below {
                    None => self.object(at, body).await,
                    Some(below) => self.below(at, below, body).await,
                }
            }
            Target::Other(parts) => self.other(parts, body),
        }
    }

    async fn object(&self, at: change::Place<'_>, body: &[u8]) -> Result<Response<Body>, Failure> {
        match *self.method {
            Method::GET => read::get(self, at),
            Method::PUT => update::put(self, at, change::Part::Object, body).await,
            Method::PATCH => update::patch(self, at, change::Part::Object, body).await,
            Method::DELETE => delete::delete(self, at, body).await,
            _ => Err(Failure::method_not_allowed()),
        }
    }

    async fn below(
        &self,
        at: change::Place<'_>,
        below: Subresource,
        body: &[u8],
    ) -> Result<Response<Body>, Failure> {
        if let Some(why) = below.refusal() {
            return Err(Failure::not_implemented(why));
        }
        match (below, self.method) {
            (Subresource::Status, &Method::GET) => read::get(self, at),
            (Subresource::Status, &Method::PUT) => update::put(self, at, change::Part::Status, body).await,
            (Subresource::Status, &Method::PATCH) => {
                update::patch(self, at, change::Part::Status, body).await
            }
            (Subresource::Scale, &Method::GET) => scale::get(self, at),
            (Subresource::Scale, &Method::PUT | &Method::PATCH) => scale::set(self, at, body).await,
            (Subresource::Log, &Method::GET) => log::log(self, at),
            _ => Err(Failure::method_not_allowed()),
        }
    }

    fn other(&self, parts: &[&str], body: &[u8]) -> Result<Response<Body>, Failure> {
        if parts == review::PATH {
            return review::review(self, body);
        }
        if !matches!(*self.method, Method::GET | Method::HEAD) {
            return Err(Failure::unknown_path());
        }
        match parts {
            ["version"] => Ok(version::version(&self.api.cluster.borrow())),
            ["healthz" | "livez" | "readyz", ..] => Ok(respond::text("ok")),
            ["openapi", rest @ ..] => openapi::openapi(self.api, rest),
            _ => discovery::discovery(self, parts),
        }
    }
}
