//! `forward-request`: sends the request to the backend and takes its answer. In backend, at every scope. Without it
//! nothing is forwarded.
//! <https://learn.microsoft.com/azure/api-management/forward-request-policy>
//!
//! **Differs from Azure:** bodies stream in both directions, also where Azure collects 8 KiB of a response before it
//! sends them; `continue-timeout` is not executed. Without TLS nothing can be agreed on, so `2or1` is HTTP/1.1 there;
//! so is a WebSocket API, and what goes through a proxy. What gRPC APIs speak without `http-version` is not documented:
//! HTTP/2. Nor is which reason a failure on an error status has.

use std::sync::Arc;
use std::time::Duration;

use diagnostic::Diagnostic;
use http::header::{CONNECTION, SET_COOKIE, UPGRADE};
use http::{HeaderValue, Request};

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::backend::{BackendUrl, Call, HttpVersion, Single};
use crate::body::Body;
use crate::context::{Chosen, Exchange, Response};
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason};
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::server::{hygiene, tunnel};
use crate::snapshot::Api;
use crate::value::{Typed, boolean};

/// How long Azure waits for the head of an answer.
const TIMEOUT: Duration = Duration::from_mins(5);

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "forward-request",
    summary: "Sends the request to the backend and takes its answer.",
    sections: &[Section::Backend],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional(
            "timeout",
            "Seconds to wait for the head of the answer: 300 unless given.",
            ValueKind::Integer,
        )
        .or_expression(),
        Attribute::optional("timeout-ms", "The same in milliseconds.", ValueKind::Integer).or_expression(),
        Attribute::optional("continue-timeout", "Seconds to wait for 100 Continue.", ValueKind::Integer)
            .or_expression()
            .but_not(&["*"]),
        Attribute::optional(
            "http-version",
            "What is spoken with the backend: 1 unless given, 2 for an API of gRPC.",
            ValueKind::OneOf(&["1", "2or1", "2"]),
        ),
        Attribute::optional("follow-redirects", "Follows redirects.", ValueKind::Boolean).or_expression(),
        Attribute::optional("buffer-request-body", "Keeps the body for a retry.", ValueKind::Boolean)
            .or_else("false"),
        Attribute::optional("buffer-response", "Collects 8 KiB before it sends them on.", ValueKind::Boolean)
            .or_else("true"),
        Attribute::optional("fail-on-error-status-code", "400 to 599 is a failure.", ValueKind::Boolean)
            .or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("answers always stream; no waiting for 100 Continue"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "path, query, headers and the client's address reach the backend",
        section: Section::Backend,
        fragment: "<forward-request timeout=\"60\" />",
        request: &["GET /api/a%20b?c=d HTTP/1.1", "X-A: 1", "Ocp-Apim-Subscription-Key: primary"],
        seen: &[
            "GET /a%20b?c=d HTTP/1.1",
            "host: 10.10.1.5",
            "x-a: 1",
            "ocp-apim-subscription-key: primary",
            "x-forwarded-for: 127.0.0.1",
        ],
        answer: &["HTTP/1.1 418 I'm a teapot", "X-B: 2"],
        response: &["HTTP/1.1 418 I'm a teapot", "x-b: 2", "backend"],
    },
    Example {
        title: "hop-by-hop headers end at the gateway, in both directions",
        section: Section::Backend,
        fragment: "<forward-request />",
        request: &[
            "GET /api/x HTTP/1.1",
            "Connection: X-Mine, keep-alive",
            "X-Mine: 1",
            "Proxy-Connection: x",
            "X-Forwarded-For: 192.0.2.1",
        ],
        seen: &[
            "GET /x HTTP/1.1",
            "!x-mine: 1",
            "!connection: x-mine, keep-alive",
            "!proxy-connection: x",
            "x-forwarded-for: 192.0.2.1, 127.0.0.1",
        ],
        answer: &["HTTP/1.1 200 OK", "Connection: X-Yours", "X-Yours: 1", "Keep-Alive: timeout=5"],
        response: &["HTTP/1.1 200 OK", "!x-yours: 1", "!keep-alive: timeout=5", "backend"],
    },
    Example {
        title: "a redirect goes to the client unless it is to be followed; one that leads nowhere always does",
        section: Section::Backend,
        fragment: "<forward-request follow-redirects=\"@(true)\" timeout-ms=\"5000\" http-version=\"2or1\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 302 Found"],
        response: &["HTTP/1.1 302 Found", "backend"],
    },
    Example {
        title: "an error status is a failure where the policy says so; the answer stays as it is",
        section: Section::Backend,
        fragment: "<forward-request fail-on-error-status-code=\"true\" /><return-response />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 404 Not Found"],
        response: &["HTTP/1.1 404 Not Found", "backend"],
    },
];

#[derive(Debug)]
struct ForwardRequest {
    timeout: Typed<Duration>,
    version: Option<HttpVersion>,
    /// The request's body is kept, to be sent again.
    keep_body: bool,
    follow: Typed<bool>,
    fails_on_error_status: bool,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let timeout = timeout(element, compiler, TIMEOUT)?;
    let is = |name: &str| element.attribute(name).is_some_and(|text| boolean(text) == Ok(true));
    let (keep_body, fails_on_error_status) = (is("buffer-request-body"), is("fail-on-error-status-code"));
    let follow = compiler.typed(element, "follow-redirects", boolean).unwrap_or(Typed::Fixed(false));
    let version = element.attribute("http-version").and_then(HttpVersion::parse);
    Ok(Step::Wait(Box::new(ForwardRequest { timeout, version, keep_body, follow, fails_on_error_status })))
}

/// The policy without any attributes.
pub fn usual() -> Box<dyn Wait> {
    Box::new(ForwardRequest {
        timeout: Typed::Fixed(TIMEOUT),
        version: None,
        keep_body: false,
        follow: Typed::Fixed(false),
        fails_on_error_status: false,
    })
}

/// Reads `timeout` and `timeout-ms`.
pub fn timeout(
    element: &Element,
    compiler: &mut Compiler<'_>,
    usual: Duration,
) -> Result<Typed<Duration>, Diagnostic> {
    if element.attribute("timeout").is_some() && element.attribute("timeout-ms").is_some() {
        let message = "Only one of 'timeout' and 'timeout-ms' can be used.";
        return Err(compiler.problem(codes::VALUE, element, message));
    }
    let timeout = compiler.typed(element, "timeout", |text| positive(text).map(Duration::from_secs));
    let timeout = timeout
        .or_else(|| compiler.typed(element, "timeout-ms", |text| positive(text).map(Duration::from_millis)));
    Ok(timeout.unwrap_or(Typed::Fixed(usual)))
}

fn positive(text: &str) -> Result<u64, String> {
    let value = text.trim().parse::<u32>().ok().filter(|value| *value > 0);
    value.map(u64::from).ok_or_else(|| "it is not a positive number".to_owned())
}

impl Wait for ForwardRequest {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.forward(exchange))
    }
}

impl ForwardRequest {
    async fn forward(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        // Resolvers answer, each with a request of its own, once this section is done.
        if exchange.field.is_none() && exchange.matched.api.as_ref().is_some_and(|api| api.has_resolvers()) {
            return Ok(Flow::Continue);
        }
        let follow = self.follow.get(exchange)?;
        if self.keep_body || follow {
            Box::pin(exchange.collect_request()).await?;
        }
        let single = single(exchange)?;
        let backend = exchange.backend.clone().ok_or_else(|| no_backend(exchange))?;
        let mut request = outgoing(exchange, &backend)?;
        let mut session = exchange.session.clone();
        if let Some(single) = &single {
            Box::pin(single.authorize(&exchange.gateway, &mut request)).await?;
            session = single.session(&session);
        }
        let proxy = exchange.proxy.clone().or_else(|| single.as_ref()?.proxy());
        if let Some(proxy) = &proxy {
            if follow {
                let message = "Following redirects through a proxy is not implemented by the sandbox.";
                return Err(LastError::forward(Reason::NotImplementedBySandbox, message));
            }
            proxy.lead(&backend, &mut request)?;
        }
        let service = Arc::clone(&exchange.matched.service);
        let to = proxy.as_ref().map_or(&*backend, |proxy| &proxy.url);
        let timeout = self.timeout.get(exchange)?;
        let version = if proxy.is_some() { HttpVersion::One } else { self.version(exchange) };
        let call = Call { from: service.place(), to, session: &session, version };
        let (way, asked) = (&exchange.gateway.backend, exchange.gateway.clock.elapsed());
        let answer = if follow {
            Box::pin(way.follow(call, request, timeout)).await
        } else {
            way.forward(call, request, timeout).await
        };
        let took = exchange.gateway.clock.elapsed().saturating_sub(asked);
        exchange.backend_took = Some(exchange.backend_took.unwrap_or_default() + took);
        if let Some(single) = &single {
            single.ended(&answer, &exchange.gateway.clock);
        }
        let mut response = Response::from(answer?);
        exchange.backend_status = Some(response.status.as_u16());
        hygiene::to_client(&mut response.headers);
        if let (Some(single), Some(chosen)) = (&single, &exchange.chosen) {
            let cookie = chosen.entity.begins_session(single, &exchange.request.headers);
            response.headers.extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
        }
        let status = response.status.as_u16();
        exchange.response = Some(response);
        if self.fails_on_error_status && (400..600).contains(&status) {
            let message = format!("The backend answered with status code {status}.");
            return Err(LastError::forward(Reason::BackendErrorStatusCode, message));
        }
        Ok(Flow::Continue)
    }
}

impl ForwardRequest {
    /// What the policy or the kind of the API says; a handshake of WebSocket is one of HTTP/1.1.
    fn version(&self, exchange: &Exchange) -> HttpVersion {
        match exchange.matched.api.as_ref() {
            Some(api) if api.is_websocket() => HttpVersion::One,
            Some(api) if api.kind == apim::ApiKind::Grpc => self.version.unwrap_or(HttpVersion::Two),
            _ => self.version.unwrap_or_default(),
        }
    }
}

/// Which address of the backend that policies chose takes the request, if they chose one.
fn single(exchange: &mut Exchange) -> Result<Option<Arc<Single>>, LastError> {
    let Some(Chosen { entity, .. }) = &exchange.chosen else { return Ok(None) };
    let session = entity.session(&exchange.request.headers);
    let single = Arc::clone(entity.next(&exchange.gateway.clock, session)?);
    exchange.backend = Some(Arc::clone(&single.url));
    Ok(Some(single))
}

/// The request as the backend gets it.
fn outgoing(exchange: &mut Exchange, backend: &BackendUrl) -> Result<Request<Body>, LastError> {
    let message = &mut exchange.request;
    let target = backend
        .target(message.remainder(), message.query.as_deref())
        .map_err(|error| LastError::forward(Reason::BackendConnectionFailure, error.to_string()))?;
    let host = message.host_for_backend(&backend.host_header)?;
    let mut request = Request::new(message.body.take().ok_or_else(body_is_gone)?);
    *request.method_mut() = message.method.clone();
    *request.uri_mut() = target;
    *request.headers_mut() = message.headers.clone();
    hygiene::to_backend(request.headers_mut(), host, message.client);
    // An API of GraphQL takes both: queries over HTTP, subscriptions over WebSocket.
    let switches = |api: &Api| {
        api.is_websocket() && (api.graphql.is_none() || tunnel::is_asked_for(&exchange.request.headers))
    };
    if exchange.matched.api.as_deref().is_some_and(switches) {
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        request.headers_mut().insert(UPGRADE, tunnel::WEBSOCKET);
    }
    Ok(request)
}

fn no_backend(exchange: &Exchange) -> LastError {
    let message = match exchange.matched.api.as_ref().and_then(|api| api.backend.as_ref()) {
        Some(Err(why)) => why.clone(),
        _ => "the API has no service URL".to_owned(),
    };
    LastError::forward(Reason::BackendConnectionFailure, message)
}

fn body_is_gone() -> LastError {
    let message = "the request's body was sent already: buffer-request-body keeps it to be sent again";
    LastError::forward(Reason::BackendConnectionFailure, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn future<A, B, F>(_: impl Fn(A, B) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_a_request_carries_while_its_backend_answers_is_small() {
        let bytes = future(ForwardRequest::forward);
        assert!(bytes <= 4_096, "{bytes} bytes");
    }
}
