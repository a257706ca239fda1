//! `mock-response`: answers the client at once with a sample. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/mock-response-policy>
//!
//! The body is an example of the operation's response; without one, a sample that is made from the response's schema;
//! without either, nothing.
//!
//! **Differs from Azure:** what samples look like that are made from schemas is not published: they have all properties,
//! with the values that the schema gives, or the simplest ones.

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::body::Body;
use crate::context::{Exchange, Response};
use crate::conversion::is;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::boolean;

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
        Attribute::optional("enabled", "Whether it is in effect.", ValueKind::Boolean),
        Attribute::optional("index", "Which example.", ValueKind::Integer),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("what samples look like that are made from schemas is not published"),
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
            response: &["HTTP/1.1 200 OK", "!x-a: 1", "content-type: application/json", "{\"id\":7}"],
        },
        Example {
            title: "another of the examples",
            section: Section::Inbound,
            fragment: "<mock-response index=\"1\" status-code=\"200\" content-type=\"application/json\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 200 OK", "{\"id\":8}"],
        },
        Example {
            title: "a sample from the schema",
            section: Section::Inbound,
            fragment: "<mock-response status-code=\"201\" content-type=\"application/json\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 201 Created", "{\"id\":0,\"tag\":\"string\",\"friends\":[\"string\"]}"],
        },
        Example {
            title: "one that is not enabled does nothing",
            section: Section::Inbound,
            fragment: "<base /><mock-response enabled=\"false\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

#[derive(Debug)]
struct MockResponse {
    enabled: bool,
    status: StatusCode,
    content_type: Option<HeaderValue>,
    index: usize,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let invalid = |name: &str, why: &str| compiler.invalid_value(element, name, why);
    let status = match element.attribute("status-code") {
        None => StatusCode::OK,
        Some(text) => super::set_status::status_code(text).map_err(|why| invalid("status-code", &why))?,
    };
    let content_type = element.attribute("content-type").map(HeaderValue::try_from).transpose();
    let content_type = content_type.map_err(|_| invalid("content-type", "it is not a media type"))?;
    let enabled = element.attribute("enabled").and_then(|text| boolean(text).ok()).unwrap_or(true);
    let index = element.attribute("index").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    Ok(Step::Act(Box::new(MockResponse { enabled, status, content_type, index })))
}

impl Act for MockResponse {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if !self.enabled {
            return Ok(Flow::Continue);
        }
        let mut response = Response::new(self.status);
        let content_type = self.content_type.as_ref().and_then(|value| value.to_str().ok());
        if let Some(content_type) = &self.content_type {
            response.headers.insert(CONTENT_TYPE, content_type.clone());
        }
        if let Some((media_type, body)) = self.sample(exchange, content_type) {
            if let Ok(media_type) = HeaderValue::try_from(media_type) {
                response.headers.entry(CONTENT_TYPE).or_insert(media_type);
            }
            response.body = Body::full(Bytes::from(body));
        }
        exchange.response = Some(response);
        Ok(Flow::Respond)
    }
}

impl MockResponse {
    /// The media type and the body of what the operation declares for the status.
    fn sample(&self, exchange: &Exchange, content_type: Option<&str>) -> Option<(String, String)> {
        let operation = exchange.matched.operation.as_ref()?;
        let status = self.status.as_u16();
        let declared = operation.contract.responses.iter().find(|response| response.status == status)?;
        let found = declared.representations.iter().find(|found| {
            content_type
                .is_none_or(|wanted| media_type(&found.content_type).eq_ignore_ascii_case(media_type(wanted)))
        })?;
        let example = found.examples.get(self.index).or_else(|| found.examples.first()).cloned();
        let from_schema = || {
            let (schema, definition) = found.schema.as_ref().filter(|_| is(&found.content_type, "json"))?;
            let sample = exchange.matched.api.as_ref()?.schemas.sample(schema, definition)?;
            Some(sample.to_string())
        };
        Some((found.content_type.clone(), example.or_else(from_schema)?))
    }
}

fn media_type(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}
