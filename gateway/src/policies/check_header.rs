//! `check-header`: turns a request away that lacks a header or has the wrong value in it. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/check-header-policy>
//!
//! **Differs from Azure:** none known.

use diagnostic::Diagnostic;
use http::{HeaderName, StatusCode};

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, Example, Fidelity, NOT_IN_WORKSPACES, Occurs,
    ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::{Typed, Value, boolean, header_name};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "check-header",
    summary: "Turns a request away that lacks a header or has the wrong value in it.",
    sections: &[Section::Inbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("name", "The header.", ValueKind::Text).or_expression(),
        Attribute::required("failed-check-httpcode", "The status code.", ValueKind::Whole).or_expression(),
        Attribute::optional("failed-check-error-message", "The message.", ValueKind::Text).or_expression(),
        Attribute::optional("ignore-case", "Whether letter case counts.", ValueKind::Boolean).or_expression(),
    ],
    content: Content::Children(&[Child::new("value", Occurs::Repeated, Content::Text)]),
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "a header that is not there",
            section: Section::Inbound,
            fragment: "<check-header name=\"X-A\" failed-check-httpcode=\"401\" \
                       failed-check-error-message=\"Not authorized\" ignore-case=\"false\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 401 Unauthorized",
                "{ \"statusCode\": 401, \"message\": \"Not authorized\" }",
            ],
        },
        Example {
            title: "a value that is allowed, whatever its case",
            section: Section::Inbound,
            fragment: "<base /><check-header name=\"X-A\" failed-check-httpcode=\"401\" \
                       failed-check-error-message=\"no\" ignore-case=\"true\"><value>a</value><value>b</value></check-header>",
            request: &["GET /api/x HTTP/1.1", "X-A: B"],
            seen: &["x-a: b"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a value that is not allowed",
            section: Section::Inbound,
            fragment: "<check-header name=\"X-A\" failed-check-httpcode=\"403\" \
                       failed-check-error-message=\"no\" ignore-case=\"false\"><value>b</value></check-header>",
            request: &["GET /api/x HTTP/1.1", "X-A: B"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 403 Forbidden", "{ \"statusCode\": 403, \"message\": \"no\" }"],
        },
    ],
    compile,
};

#[derive(Debug)]
struct CheckHeader {
    name: Typed<HeaderName>,
    code: Typed<StatusCode>,
    message: Value,
    ignore_case: Typed<bool>,
    values: Vec<Value>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let check = CheckHeader {
        name: compiler.required(element, "name", header_name),
        code: compiler.required(element, "failed-check-httpcode", super::set_status::status_code),
        message: compiler.value(element, "failed-check-error-message").unwrap_or_else(Value::nothing),
        ignore_case: compiler.typed(element, "ignore-case", boolean).unwrap_or(Typed::Fixed(false)),
        values: element.elements().map(|value| compiler.content(value)).collect(),
    };
    Ok(Step::Act(Box::new(check)))
}

impl Act for CheckHeader {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let name = self.name.get(exchange)?;
        let ignore_case = self.ignore_case.get(exchange)?;
        let mut allowed = Vec::with_capacity(self.values.len());
        for value in &self.values {
            allowed.push(value.text(exchange)?.trim().to_owned());
        }
        let lines = exchange.request.headers.get_all(&name);
        let found: Vec<String> =
            lines.iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect();
        let fits = |found: &String| {
            allowed.iter().any(|allowed| {
                if ignore_case { found.eq_ignore_ascii_case(allowed) } else { found == allowed }
            })
        };
        let (reason, why) = if found.is_empty() {
            let why = format!("Header {name} was not found in the request. Access denied.");
            (Reason::HeaderNotFound, why)
        } else if allowed.is_empty() || found.iter().any(fits) {
            return Ok(Flow::Continue);
        } else {
            let value = found.join(",");
            let why = format!("Header {name} value of {value} is not allowed. Access denied.");
            (Reason::HeaderValueNotAllowed, why)
        };
        let code = self.code.get(exchange)?;
        let message = self.message.text(exchange)?.into_owned();
        Err(LastError::new(Source::Policy("check-header"), reason, why).answered(code, message))
    }
}
