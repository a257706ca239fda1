//! `rate-limit-by-key`: turns requests away when there were too many for a key in a while. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/rate-limit-by-key-policy>
//!
//! **Differs from Azure:** `flexible-retry-window`, which is not documented, is not executed.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};

use super::{
    Attribute, Content, Definition, EVERYWHERE, Example, Fidelity, GatewayKind, NOT_IN_CONSUMPTION, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Bodies, Deferred, Flow, Remember, Section, Step};
use crate::state::{Algorithm, Count, Limit, Limited};
use crate::value::{Typed, Value, Variable, boolean, integer};

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
        Attribute::optional("increment-condition", "Which calls count.", ValueKind::Text).or_expression(),
        Attribute::optional("increment-count", "How much a call counts: 1 unless given.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "increment-after-response",
            "Whether it counts when the answer is there.",
            ValueKind::Boolean,
        ),
        Attribute::optional("flexible-retry-window", "Undocumented.", ValueKind::Boolean)
            .but_not(&["true", "1"]),
        RETRY_HEADER,
        RETRY_VARIABLE,
        REMAINING_HEADER,
        REMAINING_VARIABLE,
        TOTAL_HEADER,
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
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
            title: "where the answer says whether a call counts, it is counted when the answer is there",
            section: Section::Inbound,
            fragment: "<base /><rate-limit-by-key calls=\"1\" renewal-period=\"60\" counter-key=\"a\" increment-count=\"@(2)\" \
                       increment-condition=\"@(context.Response.StatusCode == 200)\" remaining-calls-variable-name=\"left\" />\
                       <set-header name=\"X-Left\"><value>@(context.Variables[\"left\"].ToString())</value></set-header>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["x-left: 1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
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
    increment: Increment,
    algorithm: Algorithm,
    names: Names,
}

/// How much a call counts, and when that is known.
#[derive(Debug, Clone)]
pub struct Increment {
    condition: Typed<bool>,
    count: Typed<i64>,
    bodies: Bodies,
    after_response: bool,
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
    let increment = Increment::compile(element, compiler);
    let algorithm = algorithm(compiler);
    Ok(Step::Recall(Box::new(RateLimitByKey { calls, period, key, increment, algorithm, names })))
}

impl Remember for RateLimitByKey {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = self.key.text(exchange)?;
        let key = [&exchange.matched.service.model.id, "\n", &key].concat();
        let (calls, period) = (self.calls.get(exchange)?, self.period.get(exchange)?);
        if !self.increment.after_response {
            let limit = limit(calls, period, self.increment.of(exchange)?, self.algorithm);
            self.names.count(exchange, &key, limit).await?;
            return Ok(Flow::Continue);
        }
        // What this call counts is not known yet: it is let through as long as there is room for one.
        let one = limit(calls, period, 1, self.algorithm);
        let now = exchange.gateway.clock.now().unix_millis();
        let room = exchange.gateway.state.count(&key, one, Count::Room(None), now).await;
        self.names.tell(exchange, one, room.map(|left| left + 1))?;
        let increment = self.increment.clone();
        exchange.deferred.push(Deferred::new(increment.bodies, move |exchange| {
            let increment = u64::try_from(increment.of(exchange)?).unwrap_or(0);
            let counted = Limit { increment, ..one };
            let now = exchange.gateway.clock.now().unix_millis();
            exchange.gateway.state.count_later(&key, counted, now);
            Ok(())
        }));
        Ok(Flow::Continue)
    }
}

impl Increment {
    /// Compiles `increment-condition` and `increment-count`.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        let texts = ["increment-condition", "increment-count"]
            .map(|name| element.attribute(name).unwrap_or_default());
        let asked =
            element.attribute("increment-after-response").is_some_and(|text| boolean(text) == Ok(true));
        Self {
            condition: compiler.typed(element, "increment-condition", boolean).unwrap_or(Typed::Fixed(true)),
            count: compiler.typed(element, "increment-count", positive).unwrap_or(Typed::Fixed(1)),
            bodies: Bodies::of(&texts.concat()),
            after_response: asked || texts.iter().any(|text| text.trim_start().starts_with('@')),
        }
    }

    /// It is known only when the answer is there.
    pub fn is_after_response(&self) -> bool {
        self.after_response
    }

    /// The bodies that it reads.
    pub fn bodies(&self) -> Bodies {
        self.bodies
    }

    /// How much this call counts.
    pub fn of(&self, exchange: &mut Exchange) -> Result<i64, LastError> {
        if self.condition.get(exchange)? { self.count.get(exchange) } else { Ok(0) }
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
    pub async fn count(&self, exchange: &mut Exchange, key: &str, limit: Limit) -> Result<(), LastError> {
        let now = exchange.gateway.clock.now().unix_millis();
        let counted = exchange.gateway.state.count(key, limit, Count::IfRoom, now).await;
        self.tell(exchange, limit, counted)
    }

    /// Says how many calls are left, or turns the call away.
    pub fn tell(
        &self,
        exchange: &mut Exchange,
        limit: Limit,
        counted: Result<u64, Limited>,
    ) -> Result<(), LastError> {
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

/// How the gateway of a document counts.
pub fn algorithm(compiler: &Compiler<'_>) -> Algorithm {
    match compiler.setting().library.gateway {
        GatewayKind::V2 => Algorithm::TokenBucket,
        _ => Algorithm::SlidingWindow,
    }
}

/// A limit from numbers that were checked.
pub fn limit(calls: i64, period: i64, increment: i64, algorithm: Algorithm) -> Limit {
    Limit {
        algorithm,
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
