//! `set-body`: replaces the body of the request (inbound, backend) or of the response (outbound, on-error). In every
//! section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/set-body-policy>
//!
//! **Differs from Azure:** Liquid templates are refused when the policy is saved. On-error is allowed, as Azure does in
//! fact.

use bytes::Bytes;
use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-body",
    summary: "Replaces the body of the request or of the response.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("template", "How the body is written.", ValueKind::OneOf(&["none", "liquid"]))
            .but_not(&["liquid"]),
        Attribute::optional("xsi-nil", "How Liquid shows nil.", ValueKind::OneOf(&["blank", "null"]))
            .but_not(&["*"]),
        Attribute::optional("parse-date", "Whether Liquid reads dates.", ValueKind::Boolean).but_not(&["*"]),
        Attribute::optional(
            "html-decode-expression",
            "Whether entities in an expression's value are decoded.",
            ValueKind::Boolean,
        )
        .but_not(&["true", "1"]),
    ],
    content: Content::Anything,
    fidelity: Fidelity::Approximate("no Liquid templates"),
    examples: &[
        Example {
            title: "an expression reads what it replaces",
            section: Section::Outbound,
            fragment: "<base /><set-body>@{ var body = context.Response.Body.As<string>(); return body.ToUpper() + \"!\"; }</set-body>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "content-length: 8", "BACKEND!"],
        },
        Example {
            title: "the request's body gets another length",
            section: Section::Inbound,
            fragment: "<base /><set-body>{ \"a\": 1 }</set-body>",
            request: &["PUT /api/x HTTP/1.1", "Content-Length: 0"],
            seen: &["PUT /x HTTP/1.1", "content-length: 10", "!content-length: 0"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "the response's body, elements as they are written",
            section: Section::Outbound,
            fragment: "<base /><set-body><a b='c'/></set-body>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK", "X-A: 1"],
            response: &["HTTP/1.1 200 OK", "x-a: 1", "content-length: 10", "<a b='c'/>"],
        },
        Example {
            title: "on-error says it in its own words",
            section: Section::OnError,
            fragment: "<base /><set-body>no</set-body>",
            request: &["GET /api/no/such HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 404 Not Found", "content-type: application/json", "no"],
        },
    ],
    compile,
};

/// The compiled policy.
#[derive(Debug)]
pub struct SetBody(Value);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(SetBody::compile(element, compiler))))
}

impl SetBody {
    /// Compiles the element, as a policy or as a part of another one.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        Self(compiler.content(element))
    }

    /// What it says about this request.
    pub fn evaluate(&self, exchange: &mut Exchange) -> Result<Bytes, LastError> {
        self.0.bytes(exchange)
    }
}

impl Act for SetBody {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let bytes = self.evaluate(exchange)?;
        exchange.set_body(bytes);
        Ok(Flow::Continue)
    }
}
