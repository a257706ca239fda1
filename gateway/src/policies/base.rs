//! `base`: the policies of the next broader scope, at this place. In every section, at every scope; in the global
//! document it has no effect.
//! <https://learn.microsoft.com/azure/api-management/base-policy>

use diagnostic::Diagnostic;

use super::{Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity};
use crate::document::{Compiler, Element};
use crate::pipeline::{Section, Step};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "base",
    summary: "Applies the same section of the next broader scope at this place.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "base in backend ends at forward-request of the global scope",
            section: Section::Backend,
            fragment: "<base />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "without base nothing is forwarded",
            section: Section::Backend,
            fragment: "",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 200 OK", ""],
        },
    ],
    compile,
};

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(_: &Element, _: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Base)
}
