//! What an expression says about a request that somebody made up.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use apim::Service;
use diagnostic::Diagnostic;
use expression::{Environment, Form, Limits, Str};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use network::Fabric;
use sim::{Clock, Ids};

use crate::Gateway;
use crate::backend::{Backend, StandIn};
use crate::body::Body;
use crate::context::{Evaluation, Exchange, Message, Response};
use crate::document::expression as scan;
use crate::value::Variable;

/// The request, and what is known besides.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The method: `GET` unless given.
    pub method: String,
    /// The URL that was called: `https://localhost/` unless given.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The variables.
    pub variables: Vec<(String, String)>,
    /// The answer's status, if there is an answer.
    pub status: Option<u16>,
    /// The answer's headers.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body.
    pub response_body: String,
}

/// A gateway and a service of it.
pub(super) type Served = (Arc<Gateway>, Arc<crate::snapshot::Service>);

/// What came of an expression.
#[derive(Debug)]
pub enum Evaluated {
    /// Its static type, and the value as text; `None` for null.
    Value(String, Option<String>),
    /// What it threw, with .NET's name of the exception.
    Failed(String),
}

/// Evaluates `@(…)`, `@{ … }`, or an expression without anything around it.
///
/// # Errors
/// What the compiler says, with places in `text` without the blanks around it, or what is wrong with the request.
pub fn evaluate(text: &str, given: &Given, clock: &Clock) -> Result<Evaluated, Vec<Diagnostic>> {
    let whole = text.trim();
    let begins = scan::begins(whole);
    if begins && scan::end(whole) != Some(whole.len()) {
        let problem = Diagnostic::new(crate::document::codes::SYNTAX, "the policy expression is not closed");
        let problem = problem.at(whole, 0..2);
        return Err(vec![problem]);
    }
    let (code, form) = match (whole.get(2..whole.len().saturating_sub(1)), begins) {
        (Some(code), true) if whole.starts_with("@{") => (code, Form::Block),
        (Some(code), true) => (code, Form::Expression),
        _ => (whole, Form::Expression),
    };
    let before = if begins { 2 } else { 0 };
    let placed = |problem: Diagnostic| {
        let span = problem.span.as_ref().map(|span| span.bytes.start + before..span.bytes.end + before);
        span.map_or_else(|| problem.clone(), |span| problem.clone().at(whole, span))
    };
    let compiled = expression::compile(code, form, &Environment::default())
        .map_err(|problems| problems.into_iter().map(placed).collect::<Vec<_>>())?;
    let exchange = exchange(given, nothing(clock, None)?)?;
    let host = Evaluation::of(&exchange);
    let limits = Limits::default();
    let outcome = compiled.evaluate(&host, &limits).and_then(|value| {
        let text = if value.is_null() { None } else { Some(expression::text(&value, &host, &limits)?) };
        Ok(Evaluated::Value(compiled.ty().to_string(), text))
    });
    Ok(outcome.unwrap_or_else(|failure| Evaluated::Failed(failure.to_string())))
}

/// The request at a gateway.
pub(super) fn exchange(given: &Given, (gateway, service): Served) -> Result<Exchange, Vec<Diagnostic>> {
    let wrong = |what: String| vec![Diagnostic::new(crate::document::codes::VALUE, what)];
    let url = if given.url.is_empty() { "https://localhost/" } else { &given.url };
    let uri: Uri = url.parse().map_err(|error| wrong(format!("`{url}` is not a URL: {error}")))?;
    let method = if given.method.is_empty() { "GET" } else { &given.method };
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|error| wrong(format!("`{method}`: {error}")))?;
    let request = Message {
        host: uri.host().unwrap_or("localhost").to_ascii_lowercase(),
        method,
        path: uri.path().to_owned(),
        remainder: 0,
        query: uri.query().map(str::to_owned),
        headers: headers(&given.headers).map_err(wrong)?,
        own_host: false,
        body: Body::full(given.body.clone().into()),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        original: None,
    };
    let mut exchange = Exchange::new(gateway, service, request);
    exchange.tls = uri.scheme_str() == Some("https");
    for (name, value) in &given.variables {
        exchange.set_variable(&Arc::from(name.as_str()), Variable::String(Str::literal(value)));
    }
    if let Some(status) = given.status {
        let status = StatusCode::from_u16(status).map_err(|error| wrong(format!("`{status}`: {error}")))?;
        let mut response = Response::new(status);
        response.headers = headers(&given.response_headers).map_err(wrong)?;
        response.body = Body::full(given.response_body.clone().into());
        exchange.response = Some(response);
    }
    Ok(exchange)
}

/// The headers as they are sent.
pub(super) fn headers(given: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let name = HeaderName::try_from(name).map_err(|_| format!("`{name}` is not a header name"))?;
        let value = HeaderValue::try_from(value).map_err(|_| format!("`{value}` is not a header value"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// A gateway with a service that has no APIs.
pub(super) fn nothing(clock: &Clock, stand_in: Option<Arc<StandIn>>) -> Result<Served, Vec<Diagnostic>> {
    let service = Service {
        id: String::new(),
        host_names: vec!["localhost".to_owned()],
        ..Service::empty("localhost")
    };
    let (fabric, roots) = (Arc::new(Fabric::new()), Arc::new(rustls::RootCertStore::empty()));
    let mut backend = Backend::new(clock.clone(), fabric, Arc::clone(&roots));
    if let Some(stand_in) = stand_in {
        backend = backend.with_stand_in(stand_in);
    }
    let sources = (clock.clone(), Ids::sequence());
    let gateway = Gateway::with_backend(sources, (roots, None), backend, crate::state::State::default());
    let service = crate::snapshot::Service::compile(&service.into(), &[])?;
    Ok((gateway, Arc::new(service)))
}
