//! `cross-domain`: lets Flash and Silverlight of other origins call. In inbound, at the global scope.
//! <https://learn.microsoft.com/azure/api-management/cross-domain-policy>
//!
//! The file is served as `/crossdomain.xml`, whatever else the service has.
//!
//! **Differs from Azure:** none known.

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};

use super::{
    Attribute, Child, Content, Definition, Example, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, Occurs, ValueKind,
};
use crate::body::Body;
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Preflight, ScopeKind, Section, Step};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cross-domain",
    summary: "Lets Flash and Silverlight of other origins call.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Global],
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[],
    content: Content::Children(&[Child::new(
        "cross-domain-policy",
        Occurs::AtMostOnce,
        Content::Children(&[
            Child::empty(
                "site-control",
                Occurs::AtMostOnce,
                &[Attribute::required(
                    "permitted-cross-domain-policies",
                    "Which policy files count.",
                    ValueKind::OneOf(&["all", "by-content-type", "master-only", "none"]),
                )],
            ),
            Child::empty("allow-access-from", Occurs::Repeated, &[DOMAIN, SECURE]),
            Child::empty(
                "allow-http-request-headers-from",
                Occurs::Repeated,
                &[
                    DOMAIN,
                    Attribute::required(
                        "headers",
                        "The headers.",
                        ValueKind::Shape(is_header_list, "a list of headers, or '*'"),
                    ),
                    SECURE,
                ],
            ),
        ]),
    )]),
    fidelity: Fidelity::Faithful,
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[Example {
    title: "the file that Flash asks for",
    section: Section::Inbound,
    fragment: "<cross-domain><cross-domain-policy><allow-access-from domain=\"*.example.com\" /></cross-domain-policy></cross-domain>",
    request: &["GET /crossdomain.xml HTTP/1.1"],
    seen: &[],
    answer: &[],
    response: &[
        "HTTP/1.1 200 OK",
        "content-type: text/x-cross-domain-policy",
        "<cross-domain-policy><allow-access-from domain=\"*.example.com\" /></cross-domain-policy>",
    ],
}];

#[derive(Debug)]
struct CrossDomain {
    file: Bytes,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let file = Bytes::from(compiler.inner(element).trim().to_owned());
    Ok(Step::Act(Box::new(CrossDomain { file })))
}

impl Act for CrossDomain {
    fn run(&self, _: &mut Exchange) -> Result<Flow, LastError> {
        Ok(Flow::Continue)
    }

    fn preflight(&self, exchange: &mut Exchange) -> Result<Preflight, LastError> {
        if !is_asked(exchange) {
            return Ok(Preflight::NotAsked);
        }
        let mut response = Response::new(StatusCode::OK);
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/x-cross-domain-policy"));
        response.body = Body::full(self.file.clone());
        Ok(Preflight::Answered(Box::new(response)))
    }
}

/// The request is for the file, and no API has the path.
pub fn is_asked(exchange: &Exchange) -> bool {
    let request = &exchange.request;
    exchange.matched.api.is_none() && request.method == Method::GET && request.path == "/crossdomain.xml"
}

const DOMAIN: Attribute = Attribute::required(
    "domain",
    "Where the caller is from.",
    ValueKind::Shape(is_domain, "a domain, or '*'"),
);
const SECURE: Attribute =
    Attribute::optional("secure", "Whether only HTTPS counts.", ValueKind::OneOf(&["true", "false"]))
        .or_else("true");

/// A domain, perhaps with a star before it.
fn is_domain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let name = text.strip_prefix('*').unwrap_or(text);
    text == "*" || (!name.is_empty() && name.bytes().all(plain))
}

/// Names of headers, separated by commas, perhaps with a star behind each.
fn is_header_list(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, 0x21..=0x29 | 0x2b | 0x2d..=0x39 | 0x3b..=0x7e);
    let is_name = |name: &str| {
        let name = name.strip_suffix('*').unwrap_or(name);
        !name.is_empty() && name.bytes().all(plain)
    };
    text == "*" || text.split(',').all(is_name)
}
