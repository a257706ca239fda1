//! `block`: holds policies together. In every section, at every scope; undocumented.
//! <https://learn.microsoft.com/azure/api-management/api-management-policies-policy>
//!
//! **Differs from Azure:** none known.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::{Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::pipeline::{self, Pending, Placed, Section, Step, Wait};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "block",
    summary: "Holds policies together.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Policies,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "its policies run one after the other",
        section: Section::Inbound,
        fragment: "<base /><block><set-method>PUT</set-method><set-header name=\"X-M\"><value>@(context.Request.Method)</value>\
                   </set-header></block>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["PUT /x HTTP/1.1", "x-m: PUT"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct Block(Vec<Arc<Placed>>);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Wait(Box::new(Block(compiler.policies(element)))))
}

impl Wait for Block {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(pipeline::run(&self.0, exchange))
    }
}
