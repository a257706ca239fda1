//! `rate-limit-by-key`: turns requests away when there were too many for a key in a while. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/rate-limit-by-key-policy>
//!
//! **Differs from Azure:** `increment-condition` is refused when the policy is saved; a literal condition has no use, and
//! one about the response would have to count after it. Calls are counted when they come.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};

use super::{Attribute, Content, Definition, EVERYWHERE, Example, Fidelity, NOT_IN_CONSUMPTION, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::state::Limit;
use crate::value::{Typed, Value, Variable, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "rate-limit-by-key",
    summary: "Turns requests away when there were too many for a key.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: NOT_IN_CONSUMPTION,
    attributes: &[
        CALLS.or_expression(),
        PERIOD.or_expression(),
        Attribute::required("counter-key", "Calls with the same key count together.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("increment-condition", "Which calls count.", ValueKind::Text)
            .or_expression()
            .but_not(&["*"]),
        Attribute::optional("increment-count", "How much a call counts: 1 unless given.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "increment-after-response",
            "Whether it counts when the answer is there.",
            ValueKind::Boolean,
        )
        .but_not(&["true", "1"]),
        Attribute::optional("flexible-retry-window", "Undocumented.", ValueKind::Boolean)
            .but_not(&["true", "1"]),
        RETRY_HEADER,
        RETRY_VARIABLE,
        REMAINING_HEADER,
        REMAINING_VARIABLE,
        TOTAL_HEADER,
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("no increment-condition"),
    examples: &[
        Example {
            title: "the key is what the request says",
            section: Section::Inbound,
            fragment: "<base /><rate-limit-by-key calls=\"1\" renewal-period=\"60\" counter-key=\"@(context.Request.IpAddress)\" remaining-calls-variable-name=\"left\" /><set-header name=\"X-Left\"><value>@(context.Variables[\"left\"].ToString())</value></set-header>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["x-left: 0"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a call within the limit, with the headers that say how many are left",
            section: Section::Inbound,
            fragment: "<base /><rate-limit-by-key calls=\"5\" renewal-period=\"60\" counter-key=\"a\" \
                       remaining-calls-header-name=\"X-Left\" total-calls-header-name=\"X-Total\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "x-left: 4", "x-total: 5", "backend"],
        },
        Example {
            title: "two limits with one key count together",
            section: Section::Inbound,
            fragment: "<rate-limit-by-key calls=\"5\" renewal-period=\"60\" counter-key=\"a\" />\
                       <rate-limit-by-key calls=\"1\" renewal-period=\"60\" counter-key=\"a\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 429 Too Many Requests",
                "retry-after: 60",
                "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in 60 seconds.\" }",
            ],
        },
    ],
    compile,
};

pub const CALLS: Attribute = Attribute::required("calls", "How many calls may be made.", ValueKind::Integer);
pub const PERIOD: Attribute =
    Attribute::required("renewal-period", "In how many seconds, 300 at most.", ValueKind::Integer);
pub const RETRY_HEADER: Attribute = Attribute::optional(
    "retry-after-header-name",
    "The header that says when to try again: `Retry-After` unless given.",
    ValueKind::Text,
);
pub const RETRY_VARIABLE: Attribute =
    Attribute::optional("retry-after-variable-name", "The variable that says so.", ValueKind::Text);
pub const REMAINING_HEADER: Attribute =
    Attribute::optional("remaining-calls-header-name", "The header with the calls left.", ValueKind::Text);
pub const REMAINING_VARIABLE: Attribute =
    Attribute::optional("remaining-calls-variable-name", "The variable with them.", ValueKind::Text);
pub const TOTAL_HEADER: Attribute =
    Attribute::optional("total-calls-header-name", "The header with the limit.", ValueKind::Text);

#[derive(Debug)]
struct RateLimitByKey {
    calls: Typed<i64>,
    period: Typed<i64>,
    key: Value,
    increment: Typed<i64>,
    names: Names,
}

/// Where a rate limit says what it knows.
#[derive(Debug)]
pub struct Names {
    policy: &'static str,
    retry_header: HeaderName,
    retry_variable: Option<Arc<str>>,
    remaining_header: Option<HeaderName>,
    remaining_variable: Option<Arc<str>>,
    total_header: Option<HeaderName>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let names = Names::compile("rate-limit-by-key", element, compiler)?;
    let calls = compiler.required(element, "calls", positive);
    let period = compiler.required(element, "renewal-period", period);
    let key = compiler.value(element, "counter-key").unwrap_or_else(Value::nothing);
    let increment = compiler.typed(element, "increment-count", positive).unwrap_or(Typed::Fixed(1));
    Ok(Step::Act(Box::new(RateLimitByKey { calls, period, key, increment, names })))
}

impl Act for RateLimitByKey {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let limit =
            limit(self.calls.get(exchange)?, self.period.get(exchange)?, self.increment.get(exchange)?);
        let key = self.key.text(exchange)?;
        let key = format!("{}\n{key}", exchange.matched.service.model.id);
        self.names.count(exchange, key, limit)?;
        Ok(Flow::Continue)
    }
}

impl Names {
    /// Compiles the attributes that name headers and variables.
    pub fn compile(
        policy: &'static str,
        element: &Element,
        compiler: &Compiler<'_>,
    ) -> Result<Self, Diagnostic> {
        let header = |name: &str| -> Result<Option<HeaderName>, Diagnostic> {
            let text = element.attribute(name);
            let header = text.map(|text| HeaderName::try_from(text.trim())).transpose();
            header.map_err(|_| compiler.invalid_value(element, name, "it is not a header name"))
        };
        let variable = |name: &str| element.attribute(name).map(Arc::from);
        Ok(Self {
            policy,
            retry_header: header("retry-after-header-name")?.unwrap_or(RETRY_AFTER),
            retry_variable: variable("retry-after-variable-name"),
            remaining_header: header("remaining-calls-header-name")?,
            remaining_variable: variable("remaining-calls-variable-name"),
            total_header: header("total-calls-header-name")?,
        })
    }

    /// Counts a call, or turns it away.
    pub fn count(&self, exchange: &mut Exchange, key: String, limit: Limit) -> Result<(), LastError> {
        let now = exchange.gateway.clock.now().unix_millis();
        let counted = exchange.gateway.state.call(key, limit, now);
        let left = counted.unwrap_or(0);
        if let Some(name) = &self.total_header {
            exchange.final_headers.insert(name.clone(), HeaderValue::from(limit.calls));
        }
        if let Some(name) = &self.remaining_header {
            exchange.final_headers.insert(name.clone(), HeaderValue::from(left));
        }
        if let Some(name) = &self.remaining_variable {
            exchange.set_variable(name, number(left));
        }
        let Err(limited) = counted else { return Ok(()) };
        let seconds = limited.retry_after;
        if let Some(name) = &self.retry_variable {
            exchange.set_variable(name, number(seconds));
        }
        let error =
            LastError::new(Source::Policy(self.policy), Reason::RateLimitExceeded, "Rate limit is exceeded");
        let message = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
        Err(error
            .answered(StatusCode::TOO_MANY_REQUESTS, message)
            .with_header(self.retry_header.clone(), HeaderValue::from(seconds)))
    }
}

/// A limit from numbers that were checked.
pub fn limit(calls: i64, period: i64, increment: i64) -> Limit {
    Limit {
        calls: u64::try_from(calls).unwrap_or(0),
        period: u32::try_from(period).unwrap_or(1),
        increment: u64::try_from(increment).unwrap_or(0),
    }
}

/// Reads a number of calls.
pub fn positive(text: &str) -> Result<i64, String> {
    integer(text).and_then(|value| if value >= 0 { Ok(value) } else { Err("it is less than 0".to_owned()) })
}

/// Reads a period of a rate limit.
pub fn period(text: &str) -> Result<i64, String> {
    integer(text).and_then(|value| match value {
        1..=300 => Ok(value),
        _ => Err("it is not between 1 and 300".to_owned()),
    })
}

fn number(value: u64) -> Variable {
    Variable::Int(i32::try_from(value).unwrap_or(i32::MAX))
}
