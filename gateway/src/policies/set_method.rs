//! `set-method`: gives the request another method. In inbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/set-method-policy>
//!
//! **Differs from Azure:** none known.

use diagnostic::Diagnostic;
use http::Method;

use super::{Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Typed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-method",
    summary: "Changes the method of the request.",
    sections: &[Section::Inbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Text,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "the backend gets the other method",
        section: Section::Inbound,
        fragment: "<base /><set-method> PATCH </set-method>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["PATCH /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

#[derive(Debug)]
struct SetMethod(Typed<Method>);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(SetMethod(compiler.typed_content(element, method)))))
}

impl Act for SetMethod {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.request.method = self.0.get(exchange)?;
        Ok(Flow::Continue)
    }
}

/// Reads a method.
pub fn method(text: &str) -> Result<Method, String> {
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        // A tunnel is nothing that can be forwarded.
        text if text.eq_ignore_ascii_case("CONNECT") => {
            Err("it is not a method of requests to backends".to_owned())
        }
        text => Method::from_bytes(text.as_bytes()).map_err(|_| "it is not a method".to_owned()),
    }
}
