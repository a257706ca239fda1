//! `quota-by-key`: turns requests away when all calls for a key are used up for a period. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/quota-by-key-policy>
//!
//! **Differs from Azure:** `bandwidth`, `increment-condition` and `increment-count` are refused when the policy is saved.
//! An endless quota says nothing about when it is replenished; what Azure says then is not known.

use diagnostic::Diagnostic;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use sim::Timestamp;

use super::{Attribute, Content, Definition, EVERYWHERE, Example, Fidelity, NOT_IN_CONSUMPTION, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::state::{Exhausted, Period, time_span};
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
        Attribute::optional("increment-condition", "Which calls count.", ValueKind::Text)
            .or_expression()
            .but_not(&["*"]),
        Attribute::optional("increment-count", "How much a call counts.", ValueKind::Text)
            .or_expression()
            .but_not(&["*"]),
        Attribute::optional("first-period-start", "When the first period begins.", ValueKind::DateTime),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("no bandwidth, no increment-condition, no increment-count"),
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
    Attribute::optional("bandwidth", "How many kilobytes may be sent.", ValueKind::Long).but_not(&["*"]);
pub const PERIOD: Attribute =
    Attribute::required("renewal-period", "In how many seconds; 0 for ever.", ValueKind::Integer);

/// 0001-01-01T00:00:00Z, when periods begin unless a policy says otherwise.
const BEGINNING: i64 = -62_135_596_800_000;

#[derive(Debug)]
struct QuotaByKey {
    key: Value,
    calls: u64,
    period: Period,
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
    let calls = calls(element, compiler)?;
    let period = match seconds(element, compiler)? {
        0 => Period::Endless,
        1..300 => return Err(compiler.invalid_value(element, "renewal-period", "it is less than 300")),
        seconds => Period::Since(first, seconds),
    };
    let key = compiler.value(element, "counter-key").unwrap_or_else(Value::nothing);
    Ok(Step::Act(Box::new(QuotaByKey { key, calls, period })))
}

impl Act for QuotaByKey {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = self.key.text(exchange)?;
        let key = format!("{}\n{key}", exchange.matched.service.model.id);
        // One request counts once for a key, however many policies name it.
        if exchange.counted.contains(&key) {
            return Ok(Flow::Continue);
        }
        exchange.counted.push(key.clone());
        use_up(exchange, "quota-by-key", key, self.calls, self.period)?;
        Ok(Flow::Continue)
    }
}

/// Counts a call, or turns it away.
pub fn use_up(
    exchange: &Exchange,
    policy: &'static str,
    key: String,
    calls: u64,
    period: Period,
) -> Result<(), LastError> {
    let now = exchange.gateway.clock.now().unix_millis();
    exchange.gateway.state.use_up(key, calls, period, now).map_err(|exhausted| exceeded(policy, exhausted))
}

/// Reads `calls`, which must be there as long as there is no bandwidth.
pub fn calls(element: &Element, compiler: &Compiler<'_>) -> Result<u64, Diagnostic> {
    let text = element.attribute("calls").ok_or_else(|| {
        compiler.problem(codes::MISSING, element, "The required attribute 'calls' is missing.")
    })?;
    let calls = text.trim().parse();
    calls.map_err(|_| compiler.invalid_value(element, "calls", "it is less than 0"))
}

/// Reads `renewal-period`.
pub fn seconds(element: &Element, compiler: &Compiler<'_>) -> Result<u32, Diagnostic> {
    let seconds = integer(element.attribute("renewal-period").unwrap_or_default());
    let seconds = seconds.ok().and_then(|seconds| u32::try_from(seconds).ok());
    seconds.ok_or_else(|| compiler.invalid_value(element, "renewal-period", "it is less than 0"))
}

fn exceeded(policy: &'static str, exhausted: Exhausted) -> LastError {
    let message = match exhausted.replenished_in {
        None => "Out of call volume quota.".to_owned(),
        Some(seconds) => {
            format!("Out of call volume quota. Quota will be replenished in {}.", time_span(seconds))
        }
    };
    let error = LastError::new(Source::Policy(policy), Reason::QuotaExceeded, message.clone());
    let error = error.answered(StatusCode::FORBIDDEN, message);
    match exhausted.replenished_in {
        None => error,
        Some(seconds) => error.with_header(RETRY_AFTER, HeaderValue::from(seconds)),
    }
}
