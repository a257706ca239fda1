//! `wait`: runs policies at the same time and waits for all or for the first. In inbound, backend and outbound, at
//! every scope.
//! <https://learn.microsoft.com/azure/api-management/wait-policy>
//!
//! **Differs from Azure:** checked, not executed.

use diagnostic::Diagnostic;

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Fidelity, Occurs, ValueKind};
use crate::document::{Compiler, Element, codes};
use crate::pipeline::{Section, Step};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "wait",
    summary: "Runs policies at the same time and waits for all or for the first.",
    sections: &[Section::Inbound, Section::Backend, Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("for", "What it waits for.", ValueKind::OneOf(&["all", "any"])).or_expression()
    ],
    content: Content::AnyOrder(&[
        Child::new("choose", Occurs::Repeated, Content::Policy),
        Child::new("forward-request", Occurs::Repeated, Content::Policy),
        Child::new("send-request", Occurs::Repeated, Content::Policy),
        Child::new("cache-lookup-value", Occurs::Repeated, Content::Policy),
        Child::new("cache-store-value", Occurs::Repeated, Content::Policy),
        Child::new("authentication-managed-identity", Occurs::Repeated, Content::Policy),
        Child::new("authentication-token", Occurs::Repeated, Content::Policy),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile,
};

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    if element.elements().next().is_none() {
        let message = "The element 'wait' has incomplete content. List of possible elements expected: 'choose, \
                       forward-request, send-request, cache-lookup-value, cache-store-value, \
                       authentication-managed-identity, authentication-token'.";
        return Err(compiler.problem(codes::ELEMENT, element, message));
    }
    refused(element, compiler)
}
