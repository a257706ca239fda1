//! `trace`: writes a message down for whoever looks at the request later. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/trace-policy>
//!
//! **Differs from Azure:** messages stay in the sandbox, where they can be read. On-error is allowed, as Azure does in fact, and so is
//! text directly in the element, as older documents have it.

use diagnostic::Diagnostic;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::{Exchange, TRACES};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::sink::{What, cut};
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
    fidelity: Fidelity::Approximate("messages stay in the sandbox"),
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
    severity: String,
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
    let severity = element.attribute("severity").unwrap_or("verbose").to_owned();
    let mut trace = Trace { source, severity, message: Value::nothing(), metadata: Vec::new() };
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
        let source = self.source.text(exchange)?.into_owned();
        let message = cut(self.message.text(exchange)?.into_owned(), LENGTH);
        let mut line = format!("{source}: {message}");
        let mut metadata = Vec::with_capacity(self.metadata.len());
        for (name, value) in &self.metadata {
            let value = cut(value.text(exchange)?.into_owned(), LENGTH);
            line = format!("{line} {name}={value}");
            metadata.push((name.clone(), value));
        }
        exchange.trace(line);
        exchange.emit(What::Trace { source, severity: self.severity.clone(), message, metadata });
        Ok(Flow::Continue)
    }
}

impl Exchange {
    /// Writes a message down, as long as there are not too many.
    pub fn trace(&mut self, message: String) {
        if self.traces.len() < TRACES {
            let message = cut(message, LENGTH);
            tracing::debug!(%message, "trace");
            if let Some(recorder) = &mut self.recorder {
                recorder.message(&message);
            }
            self.traces.push(message);
        }
    }
}
