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
use http::header::ACCESS_CONTROL_REQUEST_METHOD;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use crate::Gateway;
use crate::access;
use crate::body::Body;
use crate::context::{Exchange, Message, Response};
use crate::error::{LastError, Reason};
use crate::graphql;
use crate::metrics::Labels;
use crate::pipeline::{self, Flow, Section};
use crate::published::Asked;
use crate::respond::{self, Challenge};
use crate::routing::normalize;
use crate::server::{Connection, Violation, hygiene, tunnel};
use crate::trace::Recorder;
use crate::traffic::{Account, Served};

/// Where probes ask whether the gateway is alive; below it, at `/metrics`, Prometheus what it did.
const HEALTH: &str = "/status-0123456789abcdef";

/// The query parameter that holds a subscription's key where no API says otherwise.
const SUBSCRIPTION_KEY: &str = "subscription-key";

/// The request is for a gateway that cannot be reached from where it comes from: no answer, the connection closes.
#[derive(Debug)]
pub struct Unreachable;

/// Answers a request.
pub async fn handle(
    gateway: Arc<Gateway>,
    connection: &Connection,
    mut request: Request<Incoming>,
) -> Result<http::Response<Body>, Unreachable> {
    let started = gateway.clock.elapsed();
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let mut message = match accept(connection, request) {
        Ok(message) => message,
        Err(violation) => return Ok(respond::violation(violation).into_http()),
    };
    match message.path.strip_prefix(HEALTH) {
        Some("") => return Ok(respond::healthy().into_http()),
        Some("/metrics") => return Ok(respond::metrics(gateway.metrics()).into_http()),
        _ => {}
    }
    let Some(service) = gateway.snapshot.load().service(&message.host).cloned() else {
        return Ok(respond::failure(&LastError::operation_not_found(), "", None).into_http());
    };
    if !service.model.public {
        return Err(Unreachable);
    }
    let wanted = gateway.traces.wanted(&mut message.headers, started);
    let mut exchange = Exchange::new(Arc::clone(&gateway), service, message);
    exchange.certificates = Arc::clone(&connection.certificates);
    exchange.tls = connection.scheme == apim::Scheme::Https;
    exchange.recorder = wanted.map(|wanted| Recorder::begin(&exchange, wanted));
    // One request's bug must not end the connection, on which others may be under way.
    let response = match AssertUnwindSafe(exchange.run(connection.scheme)).catch_unwind().await {
        Ok(()) => exchange.finish(gateway.clock.elapsed().saturating_sub(started)),
        Err(_) => respond::defect(&gateway.ids.uuid()),
    };
    Ok(connection.switch(response, upgrade).into_http())
}

async fn process(exchange: &mut Exchange, scheme: apim::Scheme) -> Result<(), LastError> {
    let found = exchange.find_operation(scheme);
    exchange.authorize_trace();
    if let Err(error) = found {
        return if exchange.answer_preflight()? { Ok(()) } else { Err(error) };
    }
    exchange.check_access()?;
    let policy = exchange.policy();
    for section in [Section::Inbound, Section::Backend, Section::Outbound] {
        if section == Section::Outbound {
            exchange.response.get_or_insert_with(|| Response::new(http::StatusCode::OK));
        }
        exchange.enter(section);
        match pipeline::run(policy.section(section), exchange).await {
            Ok(Flow::Continue) if section == Section::Backend => graphql::answer(exchange).await?,
            Ok(Flow::Continue) => {}
            Ok(Flow::Respond) => {
                exchange.skip_sections(&policy);
                break;
            }
            Ok(Flow::Cached) => {
                exchange.is_cached = true;
                let outbound = policy.section(Section::Outbound);
                let stored =
                    outbound.iter().position(|placed| crate::policies::stores_answers(placed.policy));
                let rest = stored.and_then(|at| outbound.get(at + 1..)).unwrap_or_default();
                exchange.enter(Section::Outbound);
                pipeline::run(rest, exchange).await?;
                break;
            }
            Err(error) => {
                exchange.skip_sections(&policy);
                return Err(error);
            }
        }
    }
    exchange.skip_section(&policy, Section::OnError, "nothing failed");
    pipeline::finish(exchange).await
}

/// The built-in answer to a failure, and what the policy makes of it.
async fn recover(exchange: &mut Exchange, error: LastError) {
    exchange.fail(error);
    let policy = exchange.policy();
    exchange.enter(Section::OnError);
    if let Err(error) = pipeline::run(policy.section(Section::OnError), exchange).await {
        exchange.fail(error);
    }
    if let Err(error) = pipeline::finish(exchange).await {
        tracing::debug!(%error, "what was left for the end failed");
    }
}

fn accept(connection: &Connection, request: Request<Incoming>) -> Result<Message, Violation> {
    let (mut parts, body) = request.into_parts();
    connection.next_request()?;
    hygiene::join_cookies(&mut parts);
    Ok(Message {
        host: hygiene::host(&parts)?,
        path: normalize(parts.uri.path()).into_owned(),
        remainder: 0,
        query: parts.uri.query().map(str::to_owned),
        method: parts.method,
        headers: parts.headers,
        own_host: false,
        body: Body::from_client(body),
        client: connection.client,
        original: None,
    })
}

impl Exchange {
    /// The request's life between its acceptance and its answer.
    pub async fn run(&mut self, scheme: apim::Scheme) {
        if let Err(error) = process(self, scheme).await {
            Box::pin(recover(self, error)).await;
        }
    }

    fn find_operation(&mut self, scheme: apim::Scheme) -> Result<(), LastError> {
        let Self { request, matched, backend, .. } = self;
        let asked = Asked { path: &request.path, query: request.query.as_deref(), headers: &request.headers };
        let (api, rest) = matched.service.api(&asked).ok_or_else(LastError::operation_not_found)?;
        if !api.takes(scheme, tunnel::protocol(&request.headers)) {
            return Err(LastError::operation_not_found());
        }
        let found = api.operations.find(request.method.as_str(), rest, request.query.as_deref()).cloned();
        request.remainder = request.path.len() - rest.len();
        *backend = api.backend.as_ref().and_then(|backend| backend.as_ref().ok()).cloned();
        matched.api = Some(Arc::clone(api));
        // GraphQL has no operations of HTTP: there is one place, and two ways to ask.
        if api.graphql.is_some() && matches!(rest, "" | "/") && graphql::takes(&request.method) {
            return Ok(());
        }
        matched.operation = Some(found.ok_or_else(LastError::operation_not_found)?);
        Ok(())
    }

    /// Answers `OPTIONS` of a browser that asks whether a page may call. The product is known only if the key is in the
    /// query, because a preflight carries no headers of the call.
    fn answer_preflight(&mut self) -> Result<bool, LastError> {
        if crate::policies::asks_for_cross_domain(self) {
            let policy = self.policy();
            self.response = pipeline::preflight(policy.section(Section::Inbound), self)?;
            return Ok(self.response.is_some());
        }
        let Self { request, matched, .. } = self;
        let (Some(api), true) = (&matched.api, request.is_preflight()) else { return Ok(false) };
        let method = request.headers.get(ACCESS_CONTROL_REQUEST_METHOD).and_then(|value| value.to_str().ok());
        let method = method.unwrap_or_default();
        let found = api.operations.find(method, request.remainder(), request.query.as_deref());
        let access = access::decide(&matched.service, api, &request.headers, request.query.as_deref());
        self.access = access.unwrap_or_default();
        matched.operation = found.cloned();
        let policy = self.policy();
        self.response = pipeline::preflight(policy.section(Section::Inbound), self)?;
        Ok(self.response.is_some())
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
            key_header: &api.model.key_header,
        });
        // What the backend answered stays, for on-error to look at.
        if error.reason != Reason::BackendErrorStatusCode || self.response.is_none() {
            self.response = Some(respond::failure(&error, &activity, challenge));
        }
        self.last_error = Some(error);
    }

    fn count(&self, response: &Response, elapsed: Duration) {
        let (matched, access) = (&self.matched, &self.access);
        let status = response.status.as_u16();
        let api = matched.api.as_ref().map_or("", |api| &api.name);
        let operation = matched.operation.as_ref().map_or("", |operation| &operation.name);
        let product = access.product.as_ref().map_or("", |product| &product.name);
        let service = &matched.service.model;
        let labels = Labels { service: &service.name, api, operation, product, status };
        self.gateway.metrics.count(labels, elapsed, self.backend_took);
        let subscription = access.subscription.as_ref();
        let user = subscription.and_then(|subscription| subscription.owner.as_deref()).unwrap_or_default();
        let subscription = subscription.map_or("", |subscription| &subscription.name);
        let (path, _, query) = self.request.original();
        self.gateway.traffic.count(&Served {
            account: Account { service: &service.id, api, operation, product, subscription, user },
            at: self.began,
            method: self.request.method.as_str(),
            url: (if self.tls { "https" } else { "http" }, &self.request.host, path, query),
            key: matched.api.as_ref().map_or(SUBSCRIPTION_KEY, |api| &api.key_query),
            client: self.request.client,
            status: (status, self.backend_status),
            cached: self.cached(),
            took: (elapsed, self.backend_took),
            bytes: (self.request_bytes, response.body.length()),
            id: self.known_id(),
        });
    }

    fn cached(&self) -> apim::Cached {
        match (self.is_cached, &self.cached_as, &self.meant) {
            (true, ..) => apim::Cached::Hit,
            (false, None, None) => apim::Cached::None,
            (false, ..) => apim::Cached::Miss,
        }
    }

    /// Without a response, nothing was forwarded and no policy answered: 200 with nothing in it.
    fn finish(&mut self, elapsed: Duration) -> Response {
        if let Some(recorder) = self.recorder.take() {
            self.keep_trace(*recorder, elapsed);
        }
        let mut response = self.response.take().unwrap_or_else(|| Response::new(http::StatusCode::OK));
        for (name, value) in &self.final_headers {
            response.headers.insert(name.clone(), value.clone());
        }
        self.count(&response, elapsed);
        for watch in std::mem::take(&mut self.watches) {
            response.body = response.body.watched(watch);
        }
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
