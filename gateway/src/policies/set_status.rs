//! `set-status`: gives the response a status code and the words behind it. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/set-status-policy>
//!
//! **Differs from Azure:** without a response, in inbound and backend, there is nothing to set and nothing happens.

use diagnostic::Diagnostic;
use http::StatusCode;
use hyper::ext::ReasonPhrase;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Typed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-status",
    summary: "Sets the status code and reason of the response.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: ATTRIBUTES,
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "code and reason replace the backend's",
            section: Section::Outbound,
            fragment: "<base /><set-status code=\"201\" reason=\"Made\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 201 Made", "backend"],
        },
        Example {
            title: "on-error gives a failure another code and keeps the body",
            section: Section::OnError,
            fragment: "<base /><set-status code=\"405\" reason=\"Method Not Allowed\" />",
            request: &["DELETE /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 405 Method Not Allowed",
                "{ \"statusCode\": 404, \"message\": \"Resource not found\" }",
            ],
        },
    ],
    compile,
};

const ATTRIBUTES: &[Attribute] = &[
    Attribute::optional("code", "The status code; without it, the one that is there.", ValueKind::Positive)
        .or_expression(),
    Attribute::optional("reason", "The words after the code.", ValueKind::Text).or_expression(),
];

/// The compiled policy.
#[derive(Debug)]
pub struct SetStatus {
    code: Option<Typed<StatusCode>>,
    reason: Option<Typed<Option<ReasonPhrase>>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(SetStatus::compile(element, compiler))))
}

impl SetStatus {
    /// Compiles the element, as a policy or as a part of another one.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        let code = compiler.typed(element, "code", status_code);
        Self { code, reason: compiler.typed(element, "reason", reason) }
    }

    /// What it says about this request.
    pub fn evaluate(&self, exchange: &mut Exchange) -> Result<StatusLine, LastError> {
        let code = self.code.as_ref().map(|code| code.get(exchange)).transpose()?;
        let reason = self.reason.as_ref().map(|reason| reason.get(exchange)).transpose()?.flatten();
        Ok(StatusLine(code, reason))
    }
}

/// A status code and the words after it.
#[derive(Debug)]
pub struct StatusLine(Option<StatusCode>, Option<ReasonPhrase>);

impl StatusLine {
    /// Changes a response.
    pub fn apply(self, response: &mut Response) {
        let Self(code, reason) = self;
        let code = code.unwrap_or(response.status);
        let usual = code.canonical_reason().map(str::as_bytes);
        response.status = code;
        response.reason = reason.filter(|reason| usual != Some(reason.as_bytes()));
    }
}

impl Act for SetStatus {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let line = self.evaluate(exchange)?;
        if let Some(response) = &mut exchange.response {
            line.apply(response);
        }
        Ok(Flow::Continue)
    }
}

/// Reads the status code of a response.
pub fn status_code(text: &str) -> Result<StatusCode, String> {
    let code = text.trim().parse::<u16>().ok().filter(|code| (200..600).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| "it is not a status code of a response".to_owned())
}

fn reason(text: &str) -> Result<Option<ReasonPhrase>, String> {
    match text {
        "" => Ok(None),
        text => ReasonPhrase::try_from(text.as_bytes())
            .map(Some)
            .map_err(|_| "it holds characters that it must not have".to_owned()),
    }
}
