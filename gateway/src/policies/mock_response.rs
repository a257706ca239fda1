//! `mock-response`: answers the client at once with a sample. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/mock-response-policy>
//!
//! **Differs from Azure:** there the body is the example of the operation's response, or one that is made from its
//! schema; examples and schemas are not modelled yet, so the body is always empty, as it is there without them.

use diagnostic::Diagnostic;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "mock-response",
    summary: "Answers the client at once with a sample.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("status-code", "The status code: 200 unless given.", ValueKind::Integer),
        Attribute::optional("content-type", "The media type.", ValueKind::Text),
        Attribute::optional("enabled", "Whether it is in effect.", ValueKind::Boolean).but_not(&["*"]),
        Attribute::optional("index", "Which example.", ValueKind::Integer).but_not(&["*"]),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("no examples and no samples from schemas: the body is empty"),
    examples: &[
        Example {
            title: "status and content type; the backend is not asked",
            section: Section::Inbound,
            fragment: "<mock-response status-code=\"202\" content-type=\"application/json\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 202 Accepted", "content-type: application/json", ""],
        },
        Example {
            title: "in outbound it replaces the backend's answer",
            section: Section::Outbound,
            fragment: "<base /><mock-response />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 500 No", "X-A: 1"],
            response: &["HTTP/1.1 200 OK", "!x-a: 1", ""],
        },
    ],
    compile,
};

#[derive(Debug)]
struct MockResponse {
    status: StatusCode,
    content_type: Option<HeaderValue>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let invalid = |name: &str, why: &str| compiler.invalid_value(element, name, why);
    let status = match element.attribute("status-code") {
        None => StatusCode::OK,
        Some(text) => super::set_status::status_code(text).map_err(|why| invalid("status-code", &why))?,
    };
    let content_type = element.attribute("content-type").map(HeaderValue::try_from).transpose();
    let content_type = content_type.map_err(|_| invalid("content-type", "it is not a media type"))?;
    Ok(Step::Act(Box::new(MockResponse { status, content_type })))
}

impl Act for MockResponse {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let mut response = Response::new(self.status);
        if let Some(content_type) = &self.content_type {
            response.headers.insert(CONTENT_TYPE, content_type.clone());
        }
        exchange.response = Some(response);
        Ok(Flow::Respond)
    }
}
