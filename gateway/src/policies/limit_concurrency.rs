//! `limit-concurrency`: lets only so many requests in at a time. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/limit-concurrency-policy>
//!
//! **Differs from Azure:** the words of the answer and the reason in `context.LastError` are not documented.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::StatusCode;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{self, Flow, Pending, Placed, Section, Step, Wait};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "limit-concurrency",
    summary: "Lets only so many requests in at a time.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("key", "What is counted.", ValueKind::Text).or_expression(),
        Attribute::required("max-count", "How many may be in it.", ValueKind::Integer),
    ],
    content: Content::Policies,
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "a request takes a place as long as it is inside",
            section: Section::Backend,
            fragment: "<limit-concurrency key=\"@(context.Api.Name)\" max-count=\"1\"><forward-request />\
                       </limit-concurrency><limit-concurrency key=\"@(context.Api.Name)\" max-count=\"1\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "one too many with the same key is turned away at once",
            section: Section::Backend,
            fragment: "<limit-concurrency key=\"a\" max-count=\"2\"><limit-concurrency key=\"b\" max-count=\"1\">\
                       <limit-concurrency key=\"a\" max-count=\"1\"><forward-request /></limit-concurrency>\
                       </limit-concurrency></limit-concurrency>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 429 Too Many Requests",
                "{ \"statusCode\": 429, \"message\": \"Concurrency limit is exceeded.\" }",
            ],
        },
    ],
    compile,
};

struct LimitConcurrency {
    key: Value,
    most: usize,
    steps: Vec<Arc<Placed>>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let most = element.attribute("max-count").unwrap_or_default().trim().parse();
    let most = most.map_err(|_| compiler.invalid_value(element, "max-count", "it is less than 0"))?;
    let key = compiler.value(element, "key").unwrap_or_else(Value::nothing);
    Ok(Step::Wait(Box::new(LimitConcurrency { key, most, steps: compiler.policies(element) })))
}

impl Wait for LimitConcurrency {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.inside(exchange))
    }
}

impl LimitConcurrency {
    async fn inside(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = self.key.text(exchange)?;
        let key = format!("{}\n{key}", exchange.matched.service.model.id);
        let Some(_seat) = exchange.gateway.state.concurrency.enter(key, self.most) else {
            let message = "Concurrency limit is exceeded.";
            let source = Source::Policy("limit-concurrency");
            let error = LastError::new(source, Reason::ConcurrencyLimitExceeded, message);
            return Err(error.answered(StatusCode::TOO_MANY_REQUESTS, message));
        };
        pipeline::run(&self.steps, exchange).await
    }
}
