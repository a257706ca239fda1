//! `return-response`: answers the client at once; nothing behind it runs, the outbound section included. In every
//! section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/return-response-policy>
//!
//! **Differs from Azure:** a response variable that holds no
//! response fails the request.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::StatusCode;
use http::header::CONTENT_LENGTH;

use super::set_body::SetBody;
use super::set_header::SetHeader;
use super::set_status::SetStatus;
use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::body::Body;
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::failed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "return-response",
    summary: "Answers the client at once, without running what follows.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[Attribute::optional(
        "response-variable-name",
        "A variable with the response to start from.",
        ValueKind::Text,
    )],
    content: Content::Children(&[
        Child::new("set-status", Occurs::AtMostOnce, Content::Policy),
        Child::new("set-header", Occurs::Repeated, Content::Policy),
        Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
    ]),
    fidelity: Fidelity::Faithful,
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "a response variable is where it starts",
        section: Section::Inbound,
        fragment: "<send-request response-variable-name=\"r\"><set-url>http://10.10.1.5/a</set-url></send-request>\
                   <return-response response-variable-name=\"r\"><set-header name=\"X-More\"><value>1</value></set-header>\
                   </return-response>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /a HTTP/1.1"],
        answer: &["HTTP/1.1 202 Accepted", "X-B: yes"],
        response: &["HTTP/1.1 202 Accepted", "x-b: yes", "x-more: 1", "content-length: 7", "backend"],
    },
    Example {
        title: "expressions see the backend's answer",
        section: Section::Outbound,
        fragment: "<base /><return-response><set-status code=\"@(context.Response.StatusCode + 3)\" reason=\"Changed\" /><set-body>@(\"was \" + context.Response.StatusReason)</set-body></return-response>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 203 Changed", "was OK"],
    },
    Example {
        title: "status, headers and body; the backend is not asked and outbound does not run",
        section: Section::Inbound,
        fragment: "<base /><return-response><set-status code=\"403\" reason=\"No Way\" />\
                   <set-header name=\"X-Why\"><value>because</value></set-header>\
                   <set-body>{\"no\":\"way\"}</set-body></return-response>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 403 No Way", "x-why: because", "{\"no\":\"way\"}"],
    },
    Example {
        title: "a template of Liquid sees an empty body",
        section: Section::Inbound,
        fragment: "<return-response><set-body template=\"liquid\">{\"a\":\"{{context.Request.MatchedParameters[\"name\"]}}\",\"b\":\"{{body.x}}\"}</set-body></return-response>",
        request: &["GET /api/some HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 200 OK", "{\"a\":\"some\",\"b\":\"\"}"],
    },
    Example {
        title: "an empty one answers 200 without a body",
        section: Section::Inbound,
        fragment: "<return-response />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 200 OK", "content-length: 0", ""],
    },
    Example {
        title: "in outbound it replaces the backend's answer",
        section: Section::Outbound,
        fragment: "<base /><return-response><set-status code=\"204\" /></return-response>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "X-Backend: yes"],
        response: &["HTTP/1.1 204 No Content", "!x-backend: yes", ""],
    },
    Example {
        title: "a body of elements is sent as it is written",
        section: Section::Inbound,
        fragment: "<return-response><set-body><a b='c'><!-- d --></a></set-body></return-response>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 200 OK", "<a b='c'><!-- d --></a>"],
    },
];

#[derive(Debug)]
struct ReturnResponse {
    /// The variable with the response to start from.
    variable: Option<Arc<str>>,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Status(SetStatus),
    Header(SetHeader),
    Body(SetBody),
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut parts = Vec::new();
    for child in element.elements() {
        parts.push(match child.name.as_str() {
            "set-status" => Part::Status(SetStatus::compile(child, compiler)),
            "set-header" => Part::Header(SetHeader::compile(child, compiler)),
            _ => Part::Body(SetBody::compile(child, compiler)?),
        });
    }
    let variable = element.attribute("response-variable-name").map(Arc::from);
    Ok(Step::Act(Box::new(ReturnResponse { variable, parts })))
}

impl Act for ReturnResponse {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let mut response = match &self.variable {
            None => Response::new(StatusCode::OK),
            Some(name) => exchange
                .variables
                .get(name)
                .and_then(Response::from_kept)
                .ok_or_else(|| failed(&format!("the variable '{name}' holds no response")))?,
        };
        for part in &self.parts {
            match part {
                Part::Status(status) => status.evaluate(exchange)?.apply(&mut response),
                Part::Header(header) => header.evaluate(exchange)?.apply(&mut response.headers),
                Part::Body(body) => {
                    response.headers.remove(CONTENT_LENGTH);
                    response.body = Body::full(body.evaluate_alone(exchange)?);
                }
            }
        }
        exchange.response = Some(response);
        Ok(Flow::Respond)
    }
}
