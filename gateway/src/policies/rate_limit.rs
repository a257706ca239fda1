//! `rate-limit`: turns requests away when a subscription made too many in a while. In inbound, at product, API and
//! operation scope. Requests without a subscription are not counted.
//! <https://learn.microsoft.com/azure/api-management/rate-limit-policy>
//!
//! **Differs from Azure:** none known besides the counters' exactness.

use diagnostic::Diagnostic;

use super::rate_limit_by_key::{
    CALLS, Names, PERIOD, REMAINING_HEADER, REMAINING_VARIABLE, RETRY_HEADER, RETRY_VARIABLE, TOTAL_HEADER,
    algorithm, limit, period, positive,
};
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, Example, Fidelity, Occurs, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Flow, Remember, ScopeKind, Section, Step};
use crate::state::Limit;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "rate-limit",
    summary: "Turns requests away when a subscription made too many.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation],
    gateways: EVERY_GATEWAY,
    attributes: &[
        CALLS,
        PERIOD,
        RETRY_HEADER,
        RETRY_VARIABLE,
        REMAINING_HEADER,
        REMAINING_VARIABLE,
        TOTAL_HEADER,
    ],
    content: Content::Children(&[
        Child { attributes: PART, ..Child::new("api", Occurs::Repeated, Content::Children(&[OPERATION])) },
        OPERATION,
    ]),
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "a call of a subscription within the limit",
            section: Section::Inbound,
            fragment: "<base /><rate-limit calls=\"5\" renewal-period=\"60\" remaining-calls-header-name=\"X-Left\" />",
            request: &["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: primary"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "x-left: 4", "backend"],
        },
        Example {
            title: "one call too many",
            section: Section::Inbound,
            fragment: "<rate-limit calls=\"0\" renewal-period=\"30\" />",
            request: &["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: primary"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 429 Too Many Requests",
                "retry-after: 30",
                "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in 30 seconds.\" }",
            ],
        },
        Example {
            title: "a limit of one API and one operation in it counts on its own",
            section: Section::Inbound,
            fragment: "<rate-limit calls=\"9\" renewal-period=\"30\"><api name=\"other\" calls=\"0\" renewal-period=\"9\" />\
                       <api id=\"api\" calls=\"5\" renewal-period=\"8\"><operation name=\"/{name}\" calls=\"0\" renewal-period=\"7\" />\
                       </api></rate-limit>",
            request: &["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: primary"],
            seen: &[],
            answer: &[],
            response: &[
                "retry-after: 7",
                "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in 7 seconds.\" }",
            ],
        },
        Example {
            title: "without a subscription nothing is counted",
            section: Section::Inbound,
            fragment: "<base /><rate-limit calls=\"0\" renewal-period=\"30\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

const OPERATION: Child = Child::empty("operation", Occurs::Repeated, PART);

const PART: &[Attribute] = &[
    Attribute::optional("id", "The identifier.", ValueKind::Text),
    Attribute::optional("name", "The display name.", ValueKind::Text),
    CALLS,
    PERIOD,
    RETRY_HEADER,
    RETRY_VARIABLE,
    REMAINING_HEADER,
    REMAINING_VARIABLE,
    TOTAL_HEADER,
];

#[derive(Debug)]
struct RateLimit {
    instance: String,
    limit: Limit,
    apis: Vec<Part>,
    names: Names,
}

/// A limit of an API or an operation.
#[derive(Debug)]
struct Part {
    place: String,
    name: Option<String>,
    id: Option<String>,
    limit: Limit,
    names: Names,
    operations: Vec<Part>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let names = Names::compile("rate-limit", element, compiler)?;
    let limit = literal_limit(element, compiler)?;
    if let Some(operation) = element.elements().find(|part| part.name == "operation") {
        let message = "An 'operation' that is in no 'api' is not executed.";
        return Err(compiler.problem(codes::NOT_IMPLEMENTED, operation, message));
    }
    let apis = element.elements().map(|api| Part::compile(element, api, compiler));
    let apis = apis.collect::<Result<_, _>>()?;
    Ok(Step::Recall(Box::new(RateLimit { instance: compiler.instance(), limit, apis, names })))
}

impl Remember for RateLimit {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(subscription) = &exchange.access.subscription else { return Ok(Flow::Continue) };
        let service = &exchange.matched.service.model;
        let key = format!("{}\n{}\n{}", service.id, subscription.name, self.instance);
        let (mut parts, mut place) = (vec![(key.clone(), self.limit, &self.names)], key);
        let (api, operation) = (exchange.matched.api.as_ref(), exchange.matched.operation.as_ref());
        let found = api.and_then(|api| self.apis.iter().find(|part| part.is(&api.name, &api.display_name)));
        if let Some(part) = found {
            place = format!("{place}\n{}", part.place);
            parts.push((place.clone(), part.limit, &part.names));
            let found = operation.and_then(|operation| {
                part.operations.iter().find(|part| part.is(&operation.name, &operation.display_name))
            });
            parts.extend(found.map(|part| (format!("{place}\n{}", part.place), part.limit, &part.names)));
        }
        for (key, limit, names) in parts {
            names.count(exchange, &key, limit).await?;
        }
        Ok(Flow::Continue)
    }
}

impl Part {
    fn compile(parent: &Element, element: &Element, compiler: &Compiler<'_>) -> Result<Self, Diagnostic> {
        let operations = element.elements().map(|operation| Self::compile(element, operation, compiler));
        Ok(Self {
            place: element.place_in(parent),
            name: element.attribute("name").map(str::to_owned),
            id: element.attribute("id").map(str::to_owned),
            limit: literal_limit(element, compiler)?,
            names: Names::compile("rate-limit", element, compiler)?,
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

fn literal_limit(element: &Element, compiler: &Compiler<'_>) -> Result<Limit, Diagnostic> {
    let read = |name: &str, read: fn(&str) -> Result<i64, String>| {
        let text = element.attribute(name).unwrap_or_default();
        read(text).map_err(|why| compiler.invalid_value(element, name, &why))
    };
    Ok(limit(read("calls", positive)?, read("renewal-period", period)?, 1, algorithm(compiler)))
}
