//! `quota`: turns requests away when a subscription used up all its calls of a period. In inbound, at product scope.
//! <https://learn.microsoft.com/azure/api-management/quota-policy>
//!
//! **Differs from Azure:** `bandwidth` and limits of single APIs and operations are refused when the policy is saved;
//! periods begin with the first call, not with the subscription.

use diagnostic::Diagnostic;

use super::quota_by_key::{BANDWIDTH, CALLS, PERIOD, calls, seconds, use_up};
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, Example, Fidelity, Occurs, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, ScopeKind, Section, Step};
use crate::state::Period;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "quota",
    summary: "Turns requests away when a subscription used up its calls.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Product],
    gateways: EVERY_GATEWAY,
    attributes: &[CALLS, BANDWIDTH, PERIOD],
    content: Content::Children(&[Child {
        attributes: PART,
        ..Child::new("api", Occurs::Repeated, Content::Children(&[OPERATION]))
    }]),
    fidelity: Fidelity::Approximate("calls only, for the product as a whole"),
    examples: &[Example {
        title: "in a product's policy, a call too many",
        section: Section::Inbound,
        fragment: "<base /><quota calls=\"0\" renewal-period=\"3600\" />",
        request: &["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: product"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 403 Forbidden",
            "retry-after: 3600",
            "{ \"statusCode\": 403, \"message\": \"Out of call volume quota. Quota will be replenished in 01:00:00.\" }",
        ],
    }],
    compile,
};

const OPERATION: Child = Child::empty("operation", Occurs::Repeated, PART);

const PART: &[Attribute] = &[
    Attribute::optional("id", "The identifier.", ValueKind::Text),
    Attribute::optional("name", "The display name.", ValueKind::Text),
    CALLS,
    BANDWIDTH,
];

#[derive(Debug)]
struct Quota {
    instance: String,
    calls: u64,
    period: Period,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    if let Some(part) = element.elements().next() {
        let message = "Quotas of single APIs and operations are not executed.";
        return Err(compiler.problem(codes::NOT_IMPLEMENTED, part, message));
    }
    let calls = calls(element, compiler)?;
    let period = match seconds(element, compiler)? {
        0 => Period::Endless,
        seconds => Period::SinceFirstCall(seconds),
    };
    Ok(Step::Act(Box::new(Quota { instance: compiler.instance(), calls, period })))
}

impl Act for Quota {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if let Some(subscription) = &exchange.access.subscription {
            let service = &exchange.matched.service.model.id;
            let key = format!("{service}\n{}\n{}", subscription.name, self.instance);
            use_up(exchange, "quota", key, self.calls, self.period)?;
        }
        Ok(Flow::Continue)
    }
}
