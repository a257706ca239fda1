//! `include-fragment`: the policies of a fragment, at this place. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/include-fragment-policy>
//!
//! **Differs from Azure:** a fragment is checked for its place when a policy includes it; what is wrong is reported
//! with the fragment's own lines.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::pipeline::{self, Pending, Placed, Section, Step, Wait};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "include-fragment",
    summary: "Inserts the policies of a fragment at this place.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[Attribute::required("fragment-id", "The fragment.", ValueKind::Text)],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "the fragment's policies run at their place",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"X-Example\"><value>before</value></set-header>\
                   <include-fragment fragment-id=\"example\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-example: before,fragment"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct IncludeFragment(Vec<Arc<Placed>>);

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let name = element.attribute("fragment-id").unwrap_or_default();
    Ok(Step::Wait(Box::new(IncludeFragment(compiler.include(element, name)?))))
}

impl Wait for IncludeFragment {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(pipeline::run(&self.0, exchange))
    }
}
