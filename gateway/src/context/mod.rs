//! What is known about a request while it passes through the gateway: the `context` variable of policies.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};

use crate::Gateway;
use crate::access::Access;
use crate::backend::BackendUrl;
use crate::body::Body;
use crate::error::LastError;
use crate::pipeline::Effective;
use crate::snapshot::{Api, Operation, Service};

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
    /// The answer, once there is one.
    pub response: Option<Response>,
    /// What went wrong, if anything.
    pub last_error: Option<LastError>,
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
    /// The body.
    pub body: Body,
    /// Who sent it.
    pub client: IpAddr,
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
}

impl Response {
    /// An answer without headers and body.
    pub fn new(status: StatusCode) -> Self {
        Self { status, reason: None, headers: HeaderMap::new(), body: Body::Empty }
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
