//! `find-and-replace`: replaces a text in the body of the request or of the response. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/find-and-replace-policy>
//!
//! **Differs from Azure:** a body that is not UTF-8 stays as it is.

use bytes::Bytes;
use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "find-and-replace",
    summary: "Replaces a text in the body of the request or of the response.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("from", "What to look for.", ValueKind::Text).or_expression(),
        Attribute::required("to", "What to put in its place.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "every occurrence in the response",
        section: Section::Outbound,
        fragment: "<base /><find-and-replace from=\"back\" to=\"front\" /><find-and-replace from=\"no\" to=\"x\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "content-length: 8", "frontend"],
    }],
    compile,
};

#[derive(Debug)]
struct FindAndReplace {
    from: Value,
    to: Value,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let from = compiler.value(element, "from").unwrap_or_else(Value::nothing);
    let to = compiler.value(element, "to").unwrap_or_else(Value::nothing);
    Ok(Step::Wait(Box::new(FindAndReplace { from, to })))
}

impl Wait for FindAndReplace {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.replace(exchange))
    }
}

impl FindAndReplace {
    async fn replace(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.collect_message().await?;
        let from = self.from.text(exchange)?.into_owned();
        let to = self.to.text(exchange)?.into_owned();
        let replaced = match exchange.message_body() {
            Body::Full(bytes) if !from.is_empty() => std::str::from_utf8(bytes)
                .ok()
                .filter(|text| text.contains(&from))
                .map(|text| Bytes::from(text.replace(&from, &to))),
            _ => None,
        };
        if let Some(bytes) = replaced {
            exchange.set_body(bytes);
        }
        Ok(Flow::Continue)
    }
}
