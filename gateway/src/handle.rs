//! The life of a request, top to bottom.
//!
//! **Differs from Azure:** the gateway of an internal service has no public address there, so a connection from the
//! internet fails; here the listener is shared with other services, and such a connection is closed without an
//! answer.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use http::Request;
use hyper::body::Incoming;

use crate::Gateway;
use crate::access;
use crate::body::Body;
use crate::context::{Exchange, Match, Message, Response};
use crate::error::LastError;
use crate::pipeline::{self, Flow, Section};
use crate::respond::{self, Challenge};
use crate::routing::normalize;
use crate::server::{Connection, Violation, hygiene};

/// Where probes ask whether the gateway is alive.
const HEALTH: &str = "/status-0123456789abcdef";

/// The request is for a gateway that cannot be reached from where it comes from: no answer, the connection closes.
#[derive(Debug)]
pub struct Unreachable;

/// Answers a request.
pub async fn handle(
    gateway: Arc<Gateway>,
    connection: &Connection,
    request: Request<Incoming>,
) -> Result<http::Response<Body>, Unreachable> {
    let started = gateway.clock.elapsed();
    let message = match accept(connection, request) {
        Ok(message) => message,
        Err(violation) => return Ok(respond::violation(violation).into_http()),
    };
    if message.path == HEALTH {
        return Ok(respond::healthy().into_http());
    }
    let Some(service) = gateway.snapshot.load().service(&message.host).cloned() else {
        return Ok(respond::failure(&LastError::operation_not_found(), "", None).into_http());
    };
    if !service.model.public {
        return Err(Unreachable);
    }
    let exchange = Exchange::new(Arc::clone(&gateway), service, message);
    // One request's bug must not end the connection, on which others may be under way.
    let response = match AssertUnwindSafe(exchange.run(connection.scheme)).catch_unwind().await {
        Ok(exchange) => exchange.finish(gateway.clock.elapsed().saturating_sub(started)),
        Err(_) => respond::defect(&gateway.ids.uuid()),
    };
    Ok(response.into_http())
}

async fn process(exchange: &mut Exchange, scheme: apim::Scheme) -> Result<(), LastError> {
    exchange.find_operation(scheme)?;
    exchange.check_access()?;
    let policy = exchange.policy();
    for section in [Section::Inbound, Section::Backend, Section::Outbound] {
        if pipeline::run(policy.section(section), exchange).await? == Flow::Respond {
            break;
        }
    }
    Ok(())
}

/// The built-in answer to a failure, and what the policy makes of it.
async fn recover(exchange: &mut Exchange, error: LastError) {
    exchange.fail(error);
    let policy = exchange.policy();
    if let Err(error) = pipeline::run(policy.section(Section::OnError), exchange).await {
        exchange.fail(error);
    }
}

fn accept(connection: &Connection, request: Request<Incoming>) -> Result<Message, Violation> {
    let (parts, body) = request.into_parts();
    connection.next_request()?;
    Ok(Message {
        host: hygiene::host(&parts)?,
        path: normalize(parts.uri.path()).into_owned(),
        remainder: 0,
        query: parts.uri.query().map(str::to_owned),
        method: parts.method,
        headers: parts.headers,
        body: Body::from_client(body),
        client: connection.client,
    })
}

impl Exchange {
    fn new(gateway: Arc<Gateway>, service: Arc<crate::snapshot::Service>, request: Message) -> Self {
        let matched = Match { service, api: None, operation: None };
        let (access, backend) = (access::Access::default(), None);
        Self { gateway, matched, access, request, backend, response: None, last_error: None }
    }

    async fn run(mut self, scheme: apim::Scheme) -> Self {
        if let Err(error) = process(&mut self, scheme).await {
            recover(&mut self, error).await;
        }
        self
    }

    fn find_operation(&mut self, scheme: apim::Scheme) -> Result<(), LastError> {
        let Self { request, matched, backend, .. } = self;
        let (api, rest) = matched.service.api(&request.path).ok_or_else(LastError::operation_not_found)?;
        if !api.schemes.contains(&scheme) {
            return Err(LastError::operation_not_found());
        }
        let found = api.operations.find(request.method.as_str(), rest, request.query.as_deref()).cloned();
        request.remainder = request.path.len() - rest.len();
        *backend = api.backend.as_ref().and_then(|backend| backend.as_ref().ok()).cloned();
        matched.api = Some(Arc::clone(api));
        matched.operation = Some(found.ok_or_else(LastError::operation_not_found)?);
        Ok(())
    }

    fn check_access(&mut self) -> Result<(), LastError> {
        let Self { request, matched, .. } = self;
        let api = matched.api.as_ref().ok_or_else(LastError::operation_not_found)?;
        self.access = access::decide(&matched.service, api, &request.headers, request.query.as_deref())?;
        Ok(())
    }

    fn fail(&mut self, error: LastError) {
        let activity = self.gateway.ids.uuid();
        tracing::debug!(%activity, %error, host = %self.request.host, path = %self.request.path, "request failed");
        let challenge = self.matched.api.as_ref().map(|api| Challenge {
            host: &self.request.host,
            api_path: &api.path,
            key_header: &api.key_header_text,
        });
        self.response = Some(respond::failure(&error, &activity, challenge));
        self.last_error = Some(error);
    }

    /// Without a response, nothing was forwarded and no policy answered: 200 with nothing in it.
    fn finish(self, elapsed: Duration) -> Response {
        let response = self.response.unwrap_or_else(|| Response::new(http::StatusCode::OK));
        tracing::debug!(
            service = %self.matched.service.model.name,
            api = self.matched.api.as_ref().map(|api| api.name.as_str()),
            operation = self.matched.operation.as_ref().map(|operation| operation.name.as_str()),
            subscription = self.access.subscription.as_ref().map(|subscription| subscription.name.as_str()),
            method = %self.request.method,
            path = %self.request.path,
            status = response.status.as_u16(),
            microseconds = elapsed.as_micros(),
            "request served"
        );
        response
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the gateway of this service cannot be reached from the internet")
    }
}

impl std::error::Error for Unreachable {}
