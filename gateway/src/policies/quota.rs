//! `quota`: turns requests away when a subscription used up all its calls of a period. In inbound, at product scope.
//! <https://learn.microsoft.com/azure/api-management/quota-policy>
//!
//! **Differs from Azure:** bandwidth is that of bodies.

use diagnostic::Diagnostic;

use super::quota_by_key::{BANDWIDTH, CALLS, PERIOD, allowance, meter, seconds, spend};
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, Example, Fidelity, Occurs, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Flow, Remember, ScopeKind, Section, Step};
use crate::state::{Allowance, Period};

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
    fidelity: Fidelity::Approximate("bandwidth is that of bodies"),
    examples: &[
        Example {
            title: "a quota of one operation of an API counts on its own",
            section: Section::Inbound,
            fragment: "<base /><quota calls=\"9\" bandwidth=\"40\" renewal-period=\"60\"><api name=\"other\" calls=\"0\" />\
                       <api id=\"api\" calls=\"9\"><operation name=\"/{name}\" calls=\"0\" /></api></quota>",
            request: &["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: product"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 403 Forbidden",
                "retry-after: 60",
                "{ \"statusCode\": 403, \"message\": \"Out of call volume quota. Quota will be replenished in 00:01:00.\" }",
            ],
        },
        Example {
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
        },
    ],
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
    /// How long a period is, in seconds; 0 for ever.
    seconds: u32,
    whole: Allowance,
    apis: Vec<Part>,
}

/// A quota of an API or an operation.
#[derive(Debug)]
struct Part {
    place: String,
    id: Option<String>,
    name: Option<String>,
    allowance: Allowance,
    operations: Vec<Part>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let whole = allowance(element, compiler)?;
    if whole == Allowance::default() && element.elements().next().is_none() {
        let message = "One of 'calls' and 'bandwidth' is required.";
        return Err(compiler.problem(codes::MISSING, element, message));
    }
    let seconds = seconds(element, compiler)?;
    let apis =
        element.elements().map(|api| Part::compile(element, api, compiler)).collect::<Result<_, _>>()?;
    Ok(Step::Recall(Box::new(Quota { instance: compiler.instance(), seconds, whole, apis })))
}

impl Remember for Quota {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(subscription) = exchange.access.subscription.clone() else { return Ok(Flow::Continue) };
        let period = self.period(subscription.started());
        for (key, allowance) in self.counters(exchange, &subscription.name) {
            spend(exchange, "quota", &key, (allowance, period, 1)).await?;
            if allowance.bytes.is_some() {
                meter(exchange, &key);
            }
        }
        Ok(Flow::Continue)
    }
}

impl Quota {
    /// Periods begin with the subscription, wherever in one of them its first call comes.
    fn period(&self, started: Option<i64>) -> Period {
        match (self.seconds, started) {
            (0, _) => Period::Endless,
            (seconds, Some(started)) => Period::Since(started, seconds),
            (seconds, None) => Period::SinceFirstCall(seconds),
        }
    }

    /// What a request of a subscription counts for.
    fn counters(&self, exchange: &Exchange, subscription: &str) -> Vec<(String, Allowance)> {
        let service = &exchange.matched.service.model.id;
        let key = format!("{service}\n{subscription}\n{}", self.instance);
        let mut counters = vec![(key.clone(), self.whole)];
        let (Some(api), Some(operation)) = (&exchange.matched.api, &exchange.matched.operation) else {
            return counters;
        };
        if let Some(part) = self.apis.iter().find(|part| part.is(&api.name, &api.display_name)) {
            let key = format!("{key}\n{}", part.place);
            counters.push((key.clone(), part.allowance));
            let found = part.operations.iter().find(|part| part.is(&operation.name, &operation.display_name));
            counters.extend(found.map(|part| (format!("{key}\n{}", part.place), part.allowance)));
        }
        counters
    }
}

impl Part {
    fn compile(parent: &Element, element: &Element, compiler: &Compiler<'_>) -> Result<Self, Diagnostic> {
        let operations = element.elements().map(|operation| Self::compile(element, operation, compiler));
        Ok(Self {
            place: element.place_in(parent),
            id: element.attribute("id").map(str::to_owned),
            name: element.attribute("name").map(str::to_owned),
            allowance: allowance(element, compiler)?,
            operations: operations.collect::<Result<_, _>>()?,
        })
    }

    /// By its identifier where one is given, else by its display name.
    fn is(&self, id: &str, name: &str) -> bool {
        match (&self.id, &self.name) {
            (Some(own), _) => own.eq_ignore_ascii_case(id),
            (None, Some(own)) => own == name,
            (None, None) => false,
        }
    }
}
