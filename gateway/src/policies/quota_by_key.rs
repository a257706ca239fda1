//! `quota-by-key`: turns requests away when all calls for a key are used up for a period. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/quota-by-key-policy>
//!
//! **Differs from Azure:** an endless quota says nothing about when it is replenished; what Azure says then is not known.
//! Bandwidth is that of bodies, and counts while they pass.

use std::sync::Arc;

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use sim::Timestamp;

use super::rate_limit_by_key::Increment;
use super::{Attribute, Content, Definition, EVERYWHERE, Example, Fidelity, NOT_IN_CONSUMPTION, ValueKind};
use crate::Gateway;
use crate::body::Watch;
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Deferred, Flow, Remember, Section, Step};
use crate::state::{Allowance, Exhausted, Period, Volume, time_span};
use crate::value::{Value, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "quota-by-key",
    summary: "Turns requests away when all calls for a key are used up.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: NOT_IN_CONSUMPTION,
    attributes: &[
        Attribute::required("counter-key", "Calls with the same key count together.", ValueKind::Text)
            .or_expression(),
        CALLS,
        BANDWIDTH,
        Attribute { kind: ValueKind::Text, ..PERIOD },
        Attribute::optional("increment-condition", "Which calls count.", ValueKind::Text).or_expression(),
        Attribute::optional("increment-count", "How much a call counts.", ValueKind::Text).or_expression(),
        Attribute::optional("first-period-start", "When the first period begins.", ValueKind::DateTime),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("bandwidth is that of bodies"),
    examples: &[
        Example {
            title: "a call within the quota; one request counts once for a key",
            section: Section::Inbound,
            fragment: "<base /><quota-by-key calls=\"1\" renewal-period=\"3600\" counter-key=\"a\" />\
                       <quota-by-key calls=\"1\" renewal-period=\"3600\" counter-key=\"a\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "bandwidth that is used up; what counts is known when the answer is there",
            section: Section::Inbound,
            fragment: "<quota-by-key calls=\"5\" renewal-period=\"300\" counter-key=\"b\" increment-condition=\"@(context.Response.StatusCode &lt; 400)\" />\
                       <quota-by-key bandwidth=\"0\" renewal-period=\"0\" counter-key=\"a\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 403 Forbidden",
                "{ \"statusCode\": 403, \"message\": \"Out of bandwidth quota.\" }",
            ],
        },
        Example {
            title: "an endless quota that is used up",
            section: Section::Inbound,
            fragment: "<quota-by-key calls=\"0\" renewal-period=\"0\" counter-key=\"a\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 403 Forbidden",
                "{ \"statusCode\": 403, \"message\": \"Out of call volume quota.\" }",
            ],
        },
    ],
    compile,
};

pub const CALLS: Attribute = Attribute::optional("calls", "How many calls may be made.", ValueKind::Integer);
pub const BANDWIDTH: Attribute =
    Attribute::optional("bandwidth", "How many kilobytes may be sent.", ValueKind::Long);
pub const PERIOD: Attribute =
    Attribute::required("renewal-period", "In how many seconds; 0 for ever.", ValueKind::Integer);

/// 0001-01-01T00:00:00Z, when periods begin unless a policy says otherwise.
const BEGINNING: i64 = -62_135_596_800_000;

#[derive(Debug)]
struct QuotaByKey {
    key: Value,
    allowance: Allowance,
    period: Period,
    increment: Increment,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let first = match element.attribute("first-period-start") {
        None => BEGINNING,
        Some(text) => match Timestamp::parse(text.trim()) {
            Some(moment) => moment.unix_millis(),
            None => {
                return Err(compiler.invalid_value(
                    element,
                    "first-period-start",
                    "it is not a date and time",
                ));
            }
        },
    };
    let allowance = allowance(element, compiler)?;
    if allowance == Allowance::default() {
        let message = "One of 'calls' and 'bandwidth' is required.";
        return Err(compiler.problem(codes::MISSING, element, message));
    }
    let period = match seconds(element, compiler)? {
        0 => Period::Endless,
        1..300 => return Err(compiler.invalid_value(element, "renewal-period", "it is less than 300")),
        seconds => Period::Since(first, seconds),
    };
    let key = compiler.value(element, "counter-key").unwrap_or_else(Value::nothing);
    let increment = Increment::compile(element, compiler);
    Ok(Step::Recall(Box::new(QuotaByKey { key, allowance, period, increment })))
}

impl Remember for QuotaByKey {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = self.key.text(exchange)?;
        let key = counter(&exchange.matched.service.model.id, &key);
        // One request counts once for a key, however many policies name it.
        if exchange.counted.contains(&key) {
            return Ok(Flow::Continue);
        }
        let counts_later = self.increment.is_after_response();
        let calls = if counts_later { 0 } else { self.increment.of(exchange)? };
        let calls = u64::try_from(calls).unwrap_or(0);
        spend(exchange, "quota-by-key", &key, (self.allowance, self.period, calls)).await?;
        exchange.counted.push(key.clone());
        if self.allowance.bytes.is_some() {
            meter(exchange, &key);
        }
        if !counts_later {
            return Ok(Flow::Continue);
        }
        let increment = self.increment.clone();
        exchange.deferred.push(Deferred::new(increment.bodies(), move |exchange| {
            let calls = u64::try_from(increment.of(exchange)?).unwrap_or(0);
            let now = exchange.gateway.clock.now().unix_millis();
            exchange.gateway.state.spend_later(&key, (calls, 0), now);
            Ok(())
        }));
        Ok(Flow::Continue)
    }
}

/// Counts how much passes of a request's bodies: at once, or, where gateways count together, when the body is over.
struct Meter {
    gateway: Arc<Gateway>,
    key: String,
    bytes: u64,
}

impl Meter {
    fn count(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes > 0 {
            let now = self.gateway.clock.now().unix_millis();
            self.gateway.state.spend_later(&self.key, (0, bytes), now);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.count();
    }
}

impl Watch for Meter {
    fn data(&mut self, data: &Bytes) {
        self.bytes = self.bytes.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if !self.gateway.state.is_shared() {
            self.count();
        }
    }

    fn end(&mut self) {
        self.count();
    }
}

/// The name of the counter for a key.
pub fn counter(service: &str, key: &str) -> String {
    format!("{service}\n{key}")
}

/// Counts the bodies of a request and its answer from now on.
pub fn meter(exchange: &mut Exchange, key: &str) {
    let meter = || Box::new(Meter { gateway: Arc::clone(&exchange.gateway), key: key.to_owned(), bytes: 0 });
    let (request, response) = (meter(), meter());
    if let Some(body) = exchange.request.body.take() {
        exchange.request.body = body.watched(request);
    }
    exchange.watches.push(response);
}

/// Counts calls, or turns a call away if all is used up.
pub async fn spend(
    exchange: &mut Exchange,
    policy: &'static str,
    key: &str,
    (allowance, period, calls): (Allowance, Period, u64),
) -> Result<(), LastError> {
    let now = exchange.gateway.clock.now().unix_millis();
    let spent = exchange.gateway.state.spend(key, (allowance, period), calls, now).await;
    spent.map(|_| ()).map_err(|exhausted| exceeded(policy, exhausted))
}

/// Reads `calls` and `bandwidth`.
pub fn allowance(element: &Element, compiler: &Compiler<'_>) -> Result<Allowance, Diagnostic> {
    let read = |name: &str| -> Result<Option<u64>, Diagnostic> {
        let number = element.attribute(name).map(|text| text.trim().parse()).transpose();
        number.map_err(|_| compiler.invalid_value(element, name, "it is less than 0"))
    };
    let bytes = read("bandwidth")?.map(|kilobytes| kilobytes.saturating_mul(1_024));
    Ok(Allowance { calls: read("calls")?, bytes })
}

/// Reads `renewal-period`.
pub fn seconds(element: &Element, compiler: &Compiler<'_>) -> Result<u32, Diagnostic> {
    let seconds = integer(element.attribute("renewal-period").unwrap_or_default());
    let seconds = seconds.ok().and_then(|seconds| u32::try_from(seconds).ok());
    seconds.ok_or_else(|| compiler.invalid_value(element, "renewal-period", "it is less than 0"))
}

fn exceeded(policy: &'static str, exhausted: Exhausted) -> LastError {
    let out = match exhausted.volume {
        Volume::Calls => "Out of call volume quota.",
        Volume::Bandwidth => "Out of bandwidth quota.",
    };
    let message = match exhausted.replenished_in {
        None => out.to_owned(),
        Some(seconds) => format!("{out} Quota will be replenished in {}.", time_span(seconds)),
    };
    let error = LastError::new(Source::Policy(policy), Reason::QuotaExceeded, message.clone());
    let error = error.answered(StatusCode::FORBIDDEN, message);
    match exhausted.replenished_in {
        None => error,
        Some(seconds) => error.with_header(RETRY_AFTER, HeaderValue::from(seconds)),
    }
}
