//! `return-response`: answers the client at once; nothing behind it runs, the outbound section included. In every
//! section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/return-response-policy>
//!
//! **Differs from Azure:** status, headers and body are literal; `response-variable-name` and Liquid templates are
//! refused when the policy is saved.

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::StatusCode;
use hyper::ext::ReasonPhrase;

use super::set_header::SetHeader;
use super::{
    Attribute, Child, Content, Definition, EVERYWHERE, Example, Fidelity, Occurs, Presence, ValueKind,
};
use crate::body::Body;
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "return-response",
    summary: "Answers the client at once, without running what follows.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    attributes: &[Attribute {
        name: "response-variable-name",
        summary: "A variable with the response to start from.",
        kind: ValueKind::Text,
        presence: Presence::Optional,
        refused: &["*"],
    }],
    children: &[STATUS, HEADER, BODY],
    fidelity: Fidelity::Approximate("status, headers and body are literal"),
    examples: EXAMPLES,
    compile,
};

const STATUS: Child = Child {
    name: "set-status",
    occurs: Occurs::AtMostOnce,
    attributes: &[
        Attribute {
            name: "code",
            summary: "The status code.",
            kind: ValueKind::Integer,
            presence: Presence::Optional,
            refused: &[],
        },
        Attribute {
            name: "reason",
            summary: "The words after the code.",
            kind: ValueKind::Text,
            presence: Presence::Optional,
            refused: &[],
        },
    ],
    content: Content::Nothing,
};

const HEADER: Child =
    Child { name: "set-header", occurs: Occurs::Repeated, attributes: &[], content: Content::Policy };

const BODY: Child = Child {
    name: "set-body",
    occurs: Occurs::AtMostOnce,
    attributes: &[
        Attribute {
            name: "template",
            summary: "How the body is written.",
            kind: ValueKind::OneOf(&["none", "liquid"]),
            presence: Presence::Optional,
            refused: &["liquid"],
        },
        Attribute {
            name: "xsi-nil",
            summary: "How Liquid shows nil.",
            kind: ValueKind::OneOf(&["blank", "null"]),
            presence: Presence::Optional,
            refused: &["*"],
        },
        Attribute {
            name: "parse-date",
            summary: "Whether Liquid reads dates.",
            kind: ValueKind::Boolean,
            presence: Presence::Optional,
            refused: &["*"],
        },
    ],
    content: Content::Anything,
};

const EXAMPLES: &[Example] = &[
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
    status: StatusCode,
    reason: Option<ReasonPhrase>,
    headers: Vec<SetHeader>,
    body: Bytes,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut policy =
        ReturnResponse { status: StatusCode::OK, reason: None, headers: Vec::new(), body: Bytes::new() };
    for child in element.elements() {
        match child.name.as_str() {
            "set-status" => (policy.status, policy.reason) = status(child, compiler)?,
            "set-header" => policy.headers.push(SetHeader::compile(child, compiler)?),
            _ => policy.body = body(child, compiler),
        }
    }
    Ok(Step::Act(Box::new(policy)))
}

fn status(
    element: &Element,
    compiler: &Compiler<'_>,
) -> Result<(StatusCode, Option<ReasonPhrase>), Diagnostic> {
    let invalid = || compiler.invalid_value(element, "code", "it is not a status code of a final response");
    let code = match element.attribute("code") {
        None => StatusCode::OK,
        Some(text) => {
            text.trim().parse().ok().filter(|code: &StatusCode| code.as_u16() >= 200).ok_or_else(invalid)?
        }
    };
    let reason = match element.attribute("reason") {
        None => None,
        Some(text) if code.canonical_reason() == Some(text) => None,
        Some(text) => Some(ReasonPhrase::try_from(text.as_bytes()).map_err(|_| {
            compiler.invalid_value(element, "reason", "it holds characters that it must not have")
        })?),
    };
    Ok((code, reason))
}

fn body(element: &Element, compiler: &Compiler<'_>) -> Bytes {
    let text = match element.elements().next() {
        Some(_) => compiler.inner(element).to_owned(),
        None => element.text(),
    };
    Bytes::from(text)
}

impl Act for ReturnResponse {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let mut response = Response::new(self.status);
        response.reason.clone_from(&self.reason);
        for header in &self.headers {
            header.apply(&mut response.headers);
        }
        response.body = Body::full(self.body.clone());
        exchange.response = Some(response);
        Ok(Flow::Respond)
    }
}
