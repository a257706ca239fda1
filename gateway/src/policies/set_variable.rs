//! `set-variable`: keeps a value under a name for the rest of the request, as `context.Variables["name"]`. In every
//! section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/set-variable-policy>
//!
//! **Differs from Azure:** none known.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-variable",
    summary: "Keeps a value under a name for the rest of the request.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("name", "The variable.", ValueKind::Text),
        Attribute::required("value", "Its value; a literal is a string.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "a value keeps its type",
            section: Section::Outbound,
            fragment: "<base /><set-variable name=\"n\" value=\"@(context.Response.StatusCode + 1)\" /><set-status code=\"@((int)context.Variables[\"n\"])\" reason=\"Typed\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 201 Typed", "backend"],
        },
        Example {
            title: "a variable alone changes nothing",
            section: Section::Inbound,
            fragment: "<base /><set-variable name=\"a\" value=\"1\" /><set-variable name=\"a\" value=\"\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

#[derive(Debug)]
struct SetVariable {
    name: Arc<str>,
    value: Value,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let name = element.attribute("name").unwrap_or_default().into();
    let value = compiler.value(element, "value").unwrap_or_else(Value::nothing);
    Ok(Step::Act(Box::new(SetVariable { name, value })))
}

impl Act for SetVariable {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let value = self.value.variable(exchange)?;
        exchange.set_variable(&self.name, value);
        Ok(Flow::Continue)
    }
}
