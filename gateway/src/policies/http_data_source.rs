//! `http-data-source`: answers a resolver from an HTTP backend. In resolvers of GraphQL APIs.
//! <https://learn.microsoft.com/azure/api-management/http-data-source-policy>
//!
//! `context.GraphQL` has the field's arguments and its parent. The request begins with the arguments as its body, for
//! expressions and templates to read, which are not sent.
//!
//! **Differs from Azure:** the request begins without headers. An answer of 400 or more is an error of the field unless
//! `http-response` says something else in its place.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::{Child, Content, Definition, Example, Fidelity, GatewayKind, Occurs, forward_request};
use crate::backend::BackendUrl;
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{self, Flow, Pending, Placed, ScopeKind, Section, Step, Wait};
use crate::value::{Value, failed};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "http-data-source",
    summary: "Answers a resolver from an HTTP backend.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::Consumption],
    attributes: &[],
    content: Content::Children(&[
        Child::new(
            "http-request",
            Occurs::Once,
            Content::Children(&[
                Child::new("get-authorization-context", Occurs::AtMostOnce, Content::Policy),
                Child::new("set-backend-service", Occurs::AtMostOnce, Content::Policy),
                Child::new("set-method", Occurs::Once, Content::Policy),
                Child::new("set-url", Occurs::Once, Content::Text),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
                Child::new("set-header", Occurs::Repeated, Content::Policy),
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("authentication-certificate", Occurs::AtMostOnce, Content::Policy),
            ]),
        ),
        Child::new(
            "backend",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("forward-request", Occurs::AtMostOnce, Content::Policy)]),
        ),
        Child::new(
            "http-response",
            Occurs::AtMostOnce,
            Content::Children(&[
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("json-to-xml", Occurs::AtMostOnce, Content::Policy),
                Child::new("xml-to-json", Occurs::AtMostOnce, Content::Policy),
                Child::new("find-and-replace", Occurs::AtMostOnce, Content::Policy),
                Child::new("publish-event", Occurs::AtMostOnce, Content::Policy),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
            ]),
        ),
    ]),
    fidelity: Fidelity::Approximate("the request begins without the client's headers"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[Example {
    title: "an argument is in the URL, the field's value in the answer; what has no resolver is read from it",
    section: Section::Inbound,
    fragment: "<http-data-source><http-request><set-method>GET</set-method>\
               <set-url>@($\"http://10.10.1.5/books/{context.GraphQL.Arguments[\"id\"]}\")</set-url>\
               <set-header name=\"X-A\" exists-action=\"override\"><value>1</value></set-header></http-request>\
               <http-response><set-body>{\"id\": 7, \"title\": \"@\"}</set-body></http-response></http-data-source>",
    request: &["GET /api?query=%7Bbook(id:7)%7Bid%20t:title%7D%7D HTTP/1.1"],
    seen: &["GET /books/7 HTTP/1.1", "host: 10.10.1.5", "x-a: 1"],
    answer: &["HTTP/1.1 200 OK"],
    response: &[
        "HTTP/1.1 200 OK",
        "content-type: application/json",
        "{\"data\":{\"book\":{\"id\":\"7\",\"t\":\"@\"}}}",
    ],
}];

struct HttpDataSource {
    url: Value,
    request: Vec<Arc<Placed>>,
    forward: Forward,
    response: Vec<Arc<Placed>>,
}

/// How the request gets to the backend.
enum Forward {
    /// As the document says.
    Written(Vec<Arc<Placed>>),
    /// As it does without `backend`.
    Usual(Box<dyn Wait>),
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut source = HttpDataSource {
        url: Value::nothing(),
        request: Vec::new(),
        forward: Forward::Usual(forward_request::usual()),
        response: Vec::new(),
    };
    for part in element.elements() {
        match part.name.as_str() {
            "http-request" => {
                if let Some(url) = part.elements().find(|child| child.name == "set-url") {
                    source.url = compiler.content(url);
                }
                source.request = compiler.branch_beside(element, part, &["set-url"]);
            }
            "backend" if part.elements().next().is_some() => {
                source.forward = Forward::Written(compiler.branch(element, part));
            }
            "http-response" => source.response = compiler.branch(element, part),
            _ => {}
        }
    }
    Ok(Step::Wait(Box::new(source)))
}

impl Wait for HttpDataSource {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.exchanged(exchange))
    }
}

impl HttpDataSource {
    async fn exchanged(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let arguments = address(&exchange.request.body);
        let url = self.url.text(exchange)?.trim().to_owned();
        if pipeline::run(&self.request, exchange).await? != Flow::Continue {
            return Ok(Flow::Continue);
        }
        lead(exchange, &url)?;
        let untouched = address(&exchange.request.body) == arguments;
        if untouched {
            exchange.request.body = Body::Empty;
        }
        match &self.forward {
            Forward::Written(steps) => pipeline::run(steps, exchange).await?,
            Forward::Usual(forward) => forward.run(exchange).await?,
        };
        exchange.collect_response().await?;
        answered(DEFINITION.name, &self.response, exchange).await
    }
}

/// Lets policies make the field's value of a data source's answer; what is no success is an error of the field, unless
/// they say something else in its place.
pub async fn answered(
    policy: &'static str,
    steps: &[Arc<Placed>],
    exchange: &mut Exchange,
) -> Result<Flow, LastError> {
    let answered = body_of(exchange);
    pipeline::run(steps, exchange).await?;
    let status = exchange.response.as_ref().map_or(0, |response| response.status.as_u16());
    if status >= 400 && body_of(exchange) == answered {
        let message = format!("The data source answered with status code {status}.");
        return Err(LastError::new(Source::Policy(policy), Reason::BackendErrorStatusCode, message));
    }
    Ok(Flow::Continue)
}

/// Leads the request to a URL; a relative one to the backend that `set-backend-service` chose.
fn lead(exchange: &mut Exchange, url: &str) -> Result<(), LastError> {
    let whole = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    let target = if whole || (exchange.backend.is_none() && exchange.chosen.is_none()) {
        exchange.chosen = None;
        let (backend, target) = BackendUrl::destination(url).map_err(|why| failed(&why))?;
        exchange.backend = Some(Arc::new(backend));
        target
    } else {
        url.parse().map_err(|error| failed(&format!("`{url}` is not a URL: {error}")))?
    };
    target.path().clone_into(&mut exchange.request.path);
    exchange.request.query = target.query().map(str::to_owned);
    Ok(())
}

/// Which bytes a body is, to tell whether a policy put others in their place.
pub fn address(body: &Body) -> Option<(usize, usize)> {
    match body {
        Body::Full(bytes) => Some((bytes.as_ptr() as usize, bytes.len())),
        // An expression read them, and nobody wrote others.
        Body::Consumed => None,
        _ => Some((0, 0)),
    }
}

fn body_of(exchange: &Exchange) -> Option<(usize, usize)> {
    exchange.response.as_ref().and_then(|response| address(&response.body))
}
