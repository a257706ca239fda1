//! `retry`: runs policies again as long as a condition holds. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/retry-policy>
//!
//! **Differs from Azure:** a policy in it that fails ends it; whether Azure goes on is not documented. Sending a request
//! body again needs `buffer-request-body`, as there.

use std::sync::Arc;
use std::time::Duration;

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{self, Flow, Pending, Placed, Section, Step, Wait};
use crate::value::{Typed, boolean, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "retry",
    summary: "Runs policies again as long as a condition holds.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("condition", "Whether to run them again.", ValueKind::Boolean).or_expression(),
        Attribute::required("count", "How often at most, 50 at most.", ValueKind::Positive).or_expression(),
        Attribute::required("interval", "Seconds between two runs.", ValueKind::NonNegative).or_expression(),
        Attribute::optional("max-interval", "Seconds between two runs at most.", ValueKind::Positive)
            .or_expression(),
        Attribute::optional("delta", "Seconds that the interval grows by.", ValueKind::Positive)
            .or_expression(),
        Attribute::optional("first-fast-retry", "Whether the first comes at once.", ValueKind::Boolean)
            .or_expression()
            .or_else("false"),
    ],
    content: Content::Policies,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "its policies run once, and again as long as the condition holds",
        section: Section::Inbound,
        fragment: "<base /><retry condition=\"true\" count=\"2\" interval=\"0\" first-fast-retry=\"true\">\
                   <set-header name=\"X-A\" exists-action=\"append\"><value>1</value></set-header></retry>\
                   <retry condition=\"false\" count=\"2\" interval=\"10\">\
                   <set-header name=\"X-B\" exists-action=\"append\"><value>1</value></set-header></retry>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-a: 1,1,1", "x-b: 1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct Retry {
    condition: Typed<bool>,
    count: Typed<i64>,
    interval: Typed<i64>,
    max_interval: Option<Typed<i64>>,
    delta: Option<Typed<i64>>,
    first_fast: Typed<bool>,
    /// The condition is about the answer's body, which is not there yet when the policy begins.
    reads_bodies: bool,
    steps: Vec<Arc<Placed>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Wait(Box::new(Retry {
        condition: compiler.required(element, "condition", boolean),
        count: compiler.required(element, "count", count),
        interval: compiler.required(element, "interval", seconds),
        max_interval: compiler.typed(element, "max-interval", seconds),
        delta: compiler.typed(element, "delta", seconds),
        first_fast: compiler.typed(element, "first-fast-retry", boolean).unwrap_or(Typed::Fixed(false)),
        reads_bodies: element.attribute("condition").is_some_and(|text| text.contains("Body")),
        steps: compiler.policies(element),
    })))
}

impl Wait for Retry {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.runs(exchange))
    }
}

impl Retry {
    async fn runs(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let count = self.count.get(exchange)?;
        for number in 0..=count {
            if number > 0 {
                let pause = self.pause(number, exchange)?;
                if !pause.is_zero() {
                    let clock = exchange.gateway.clock.clone();
                    clock.sleep(pause).await;
                }
            }
            match pipeline::run(&self.steps, exchange).await? {
                Flow::Continue => {}
                other => return Ok(other),
            }
            if self.reads_bodies {
                exchange.collect_response().await?;
            }
            if !self.condition.get(exchange)? {
                break;
            }
        }
        Ok(Flow::Continue)
    }

    /// How long to wait before the retry with this number, counted from 1.
    fn pause(&self, number: i64, exchange: &mut Exchange) -> Result<Duration, LastError> {
        if number == 1 && self.first_fast.get(exchange)? {
            return Ok(Duration::ZERO);
        }
        let interval = self.interval.get(exchange)?;
        let delta = self.delta.as_ref().map(|delta| delta.get(exchange)).transpose()?;
        let most = self.max_interval.as_ref().map(|most| most.get(exchange)).transpose()?;
        let share = exchange.gateway.ids.hex(4);
        let share = u16::from_str_radix(&share, 16).unwrap_or_default();
        Ok(wait(number, Interval { first: interval, delta, most }, share))
    }
}

/// How long to wait, in seconds: fixed, linear with `delta`, exponential with `max-interval` too.
#[derive(Debug, Clone, Copy)]
struct Interval {
    first: i64,
    delta: Option<i64>,
    most: Option<i64>,
}

/// The exponential part is between 0.8 and 1.2 times `delta`; where, `share` says.
fn wait(number: i64, Interval { first, delta, most }: Interval, share: u16) -> Duration {
    let power = 1_i64 << u32::try_from(number - 1).unwrap_or(0).min(30);
    let millis = |seconds: i64| seconds.saturating_mul(1_000);
    let wait = match (delta, most) {
        (None, None) => millis(first),
        (None, Some(most)) => millis(first.min(most)),
        (Some(delta), None) => millis(first.saturating_add(delta.saturating_mul(number - 1))),
        (Some(delta), Some(most)) => {
            let random = delta.saturating_mul(800) + delta.saturating_mul(400) * i64::from(share) / 65_536;
            millis(first).saturating_add(random.saturating_mul(power)).min(millis(most))
        }
    };
    Duration::from_millis(u64::try_from(wait).unwrap_or(0))
}

fn count(text: &str) -> Result<i64, String> {
    integer(text).and_then(|value| match value {
        1..=50 => Ok(value),
        _ => Err("it is not between 1 and 50".to_owned()),
    })
}

fn seconds(text: &str) -> Result<i64, String> {
    integer(text).and_then(|value| match value {
        0..=3_600 => Ok(value),
        _ => Err("it is not between 0 and 3600".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Interval, wait};

    #[test]
    fn intervals_are_fixed_linear_or_exponential() {
        let waits = |interval, delta, most, share| {
            [1, 2, 3, 4]
                .map(|number| wait(number, Interval { first: interval, delta, most }, share).as_millis())
        };
        assert_eq!(waits(5, None, None, 0), [5_000, 5_000, 5_000, 5_000]);
        assert_eq!(waits(5, None, Some(3), 0), [3_000, 3_000, 3_000, 3_000]);
        assert_eq!(waits(5, Some(2), None, 0), [5_000, 7_000, 9_000, 11_000]);
        assert_eq!(waits(5, Some(2), Some(20), 32_768), [7_000, 9_000, 13_000, 20_000]);
        assert_eq!(waits(5, Some(2), Some(20), 0), [6_600, 8_200, 11_400, 17_800]);
        assert_eq!(waits(5, Some(2), Some(20), u16::MAX), [7_399, 9_798, 14_596, 20_000]);
    }
}
