//! `trace`: writes a message down for whoever looks at the request later. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/trace-policy>
//!
//! **Differs from Azure:** messages go to the sandbox's log only. On-error is allowed, as Azure does in fact, and so is
//! text directly in the element, as older documents have it.

use diagnostic::Diagnostic;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::{Exchange, TRACES};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Value;

/// How long a message may be, in bytes.
const LENGTH: usize = 8 * 1024;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "trace",
    summary: "Writes a message down for the request's trace.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("source", "Who says it.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "severity",
            "How important it is.",
            ValueKind::OneOf(&["verbose", "information", "error"]),
        ),
    ],
    content: Content::WithText(&Content::AnyOrder(&[
        Child::empty("metadata", Occurs::Repeated, METADATA),
        Child::new("message", Occurs::Repeated, Content::Text),
    ])),
    fidelity: Fidelity::Approximate("messages go to the log only"),
    examples: &[
        Example {
            title: "what an expression says",
            section: Section::Inbound,
            fragment: "<base /><trace source=\"@(context.Api.Name)\"><message>@(\"called \" + context.Request.Url)</message></trace>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "the request goes on as before",
            section: Section::Inbound,
            fragment: "<base /><trace source=\"here\" severity=\"error\"><message>so far</message>\
                   <metadata name=\"a\" value=\"b\" /></trace><trace source=\"old\">text</trace>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

#[derive(Debug)]
struct Trace {
    source: Value,
    message: Value,
    metadata: Vec<(String, Value)>,
}

const METADATA: &[Attribute] = &[
    Attribute::required("name", "The property.", ValueKind::Text),
    Attribute::required("value", "Its value.", ValueKind::Text).or_expression(),
];

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let source = compiler.value(element, "source").unwrap_or_else(Value::nothing);
    let mut trace = Trace { source, message: Value::nothing(), metadata: Vec::new() };
    if element.elements().next().is_none() {
        trace.message = compiler.content(element);
    }
    for child in element.elements() {
        match child.name.as_str() {
            "message" => trace.message = compiler.content(child),
            "metadata" => {
                let name = child.attribute("name").unwrap_or_default().to_owned();
                let value = compiler.value(child, "value").unwrap_or_else(Value::nothing);
                trace.metadata.push((name, value));
            }
            _ => {}
        }
    }
    Ok(Step::Act(Box::new(trace)))
}

impl Act for Trace {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let mut line = format!("{}: {}", self.source.text(exchange)?, self.message.text(exchange)?);
        for (name, value) in &self.metadata {
            line = format!("{line} {name}={}", value.text(exchange)?);
        }
        exchange.trace(line);
        Ok(Flow::Continue)
    }
}

impl Exchange {
    /// Writes a message down, as long as there are not too many.
    pub fn trace(&mut self, mut message: String) {
        if self.traces.len() < TRACES {
            let end = (0..=LENGTH.min(message.len())).rev().find(|at| message.is_char_boundary(*at));
            message.truncate(end.unwrap_or(0));
            tracing::debug!(%message, "trace");
            self.traces.push(message);
        }
    }
}
