//! `set-query-parameter`: gives a query parameter of the request a value, adds one, or removes it. In inbound and
//! backend, at every scope. What is not touched stays as the client wrote it.
//! <https://learn.microsoft.com/azure/api-management/set-query-parameter-policy>
//!
//! **Differs from Azure:** names are compared whatever their letter case; how Azure compares is not documented.

use diagnostic::Diagnostic;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::routing::query;
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-query-parameter",
    summary: "Sets, appends or deletes a query parameter of the request.",
    sections: &[Section::Inbound, Section::Backend],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("name", "The parameter.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "exists-action",
            "What to do when the parameter is there already: `override` unless given.",
            ValueKind::OneOf(&["override", "skip", "append", "delete"]),
        )
        .or_expression()
        .or_else("override"),
    ],
    content: Content::Children(&[Child::new("value", Occurs::Repeated, Content::Text)]),
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "an expression as the value",
            section: Section::Inbound,
            fragment: "<base /><set-query-parameter name=\"q\"><value>@(context.Request.Url.Query.GetValueOrDefault(\"q\", \"none\") + context.Request.OriginalUrl.Path)</value></set-query-parameter>",
            request: &["GET /api/x?q=1 HTTP/1.1"],
            seen: &["GET /x?q=1%2Fapi%2Fx HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "override, append and delete; the rest stays as it is",
            section: Section::Inbound,
            fragment: "<base /><set-query-parameter name=\"a\"><value>x y</value></set-query-parameter>\
                       <set-query-parameter name=\"b\" exists-action=\"append\"><value>3</value></set-query-parameter>\
                       <set-query-parameter name=\"c\" exists-action=\"delete\" />",
            request: &["GET /api/x?a=1&c=0&b=2&d=%7e&a=9 HTTP/1.1"],
            seen: &["GET /x?b=2&d=%7e&a=x%20y&b=3 HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "skip keeps what is there and adds what is not",
            section: Section::Inbound,
            fragment: "<base /><set-query-parameter name=\"a\" exists-action=\"skip\"><value>2</value></set-query-parameter>\
                       <set-query-parameter name=\"b\" exists-action=\"skip\"><value>&amp;</value></set-query-parameter>",
            request: &["GET /api/x?A=1 HTTP/1.1"],
            seen: &["GET /x?A=1&b=%26 HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

#[derive(Debug)]
struct SetQueryParameter {
    name: Value,
    action: Value,
    values: Vec<Value>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let name = compiler.value(element, "name").unwrap_or_else(Value::nothing);
    let action = compiler.value(element, "exists-action").unwrap_or_else(|| Value::literal("override"));
    let values = element.elements().map(|value| compiler.content(value)).collect();
    Ok(Step::Act(Box::new(SetQueryParameter { name, action, values })))
}

impl Act for SetQueryParameter {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let name = self.name.text(exchange)?;
        let action = self.action.text(exchange)?;
        let old = exchange.request.query.clone().unwrap_or_default();
        let there = query::pairs(&old).any(|(found, _)| found.eq_ignore_ascii_case(&name));
        if there && action == "skip" {
            return Ok(Flow::Continue);
        }
        let mut parts: Vec<String> = query::pairs(&old)
            .filter(|(found, _)| action == "append" || !found.eq_ignore_ascii_case(&name))
            .map(|(_, part)| part.to_owned())
            .collect();
        if action != "delete" {
            for value in &self.values {
                parts.push(query::pair(&name, &value.text(exchange)?));
            }
        }
        exchange.request.keep_original();
        exchange.request.query = (!parts.is_empty()).then(|| parts.join("&"));
        Ok(Flow::Continue)
    }
}
