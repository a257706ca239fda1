//! `jsonp`: wraps a body of JSON into a call of JavaScript. In outbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/jsonp-policy>
//!
//! **Differs from Azure:** only a body that says it is JSON is wrapped. What a name of a function may be, and the new content
//! type, are not published: here it is a path of identifiers, and `application/javascript`.

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::body::Body;
use crate::context::Exchange;
use crate::conversion;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "jsonp",
    summary: "Wraps a body of JSON into a call of JavaScript.",
    sections: &[Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[Attribute::required(
        "callback-parameter-name",
        "The query parameter that names the function.",
        ValueKind::Text,
    )
    .or_expression()],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("which names of functions are valid is not published"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "the function that the client names gets the body",
        section: Section::Outbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>application/json</value></set-header><jsonp callback-parameter-name=\"cb\" />",
        request: &["GET /api/x?cb=page.show HTTP/1.1"],
        seen: &["GET /x?cb=page.show HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "content-type: application/javascript", "page.show(backend)"],
    },
    Example {
        title: "a client that names none gets the body as it is",
        section: Section::Outbound,
        fragment: "<base /><jsonp callback-parameter-name=\"cb\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Content-Type: application/json"],
        response: &["HTTP/1.1 200 OK", "content-type: application/json", "backend"],
    },
    Example {
        title: "what is no function's name is refused",
        section: Section::Outbound,
        fragment: "<base /><jsonp callback-parameter-name=\"cb\" />",
        request: &["GET /api/x?cb=alert(1)// HTTP/1.1"],
        seen: &["GET /x?cb=alert(1)// HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Content-Type: application/json"],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"Callback parameter value is invalid.\" }",
        ],
    },
];

/// How long the name of a function may be.
const LONGEST: usize = 256;

#[derive(Debug)]
struct Jsonp {
    parameter: Value,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let parameter = compiler.value(element, "callback-parameter-name").unwrap_or_else(Value::nothing);
    Ok(Step::Wait(Box::new(Jsonp { parameter })))
}

impl Wait for Jsonp {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.wrap(exchange))
    }
}

impl Jsonp {
    async fn wrap(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let parameter = self.parameter.text(exchange)?.into_owned();
        let (_, _, query) = exchange.request.original();
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let name = pairs
            .find(|(name, _)| name.eq_ignore_ascii_case(&parameter))
            .map(|(_, value)| value.into_owned());
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(Flow::Continue) };
        if !is_function(&name) {
            let message = "Callback parameter value is invalid.";
            let error = LastError::new(Source::Policy("jsonp"), Reason::CallbackParameterInvalid, message);
            return Err(error.answered(http::StatusCode::BAD_REQUEST, message));
        }
        let content_type = exchange.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|content_type| conversion::is(content_type, "json")) {
            return Ok(Flow::Continue);
        }
        exchange.collect_message().await?;
        let Body::Full(body) = exchange.message_body() else { return Ok(Flow::Continue) };
        let wrapped = [name.as_bytes(), b"(", body, b")"].concat();
        exchange.headers().insert(CONTENT_TYPE, HeaderValue::from_static("application/javascript"));
        exchange.set_body(Bytes::from(wrapped));
        Ok(Flow::Continue)
    }
}

/// Identifiers with dots between them.
fn is_function(name: &str) -> bool {
    let is_start = |found: char| found.is_alphabetic() || matches!(found, '_' | '$');
    let is_identifier = |part: &str| {
        part.starts_with(is_start) && part.chars().all(|found| is_start(found) || found.is_numeric())
    };
    name.len() <= LONGEST && name.split('.').all(is_identifier)
}
