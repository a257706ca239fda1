//! `llm-token-limit`: turns requests away when a key used too many tokens of a model. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/llm-token-limit-policy>
//!
//! **Differs from Azure:** estimates are not the model's own (see `tokens`), weeks begin on Mondays, and the words about a
//! quota that is used up are not documented. What `prompt-type` says is seen from the request itself.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};
use sim::Timestamp;

use super::llm_emit_token_metric::prompt_of;
use super::{Attribute, Content, Definition, EVERYWHERE, Example, Fidelity, NOT_IN_CONSUMPTION, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Bodies, Deferred, Flow, Pending, Section, Step, Wait};
use crate::state::{Algorithm, Allowance, Count, Limit, Period};
use crate::tokens;
use crate::value::{Typed, Value, Variable, boolean, integer};

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-token-limit",
    summary: "Turns requests away when a key used too many tokens of a model.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: NOT_IN_CONSUMPTION,
    attributes: &[
        Attribute::optional("tokens-per-minute", "How many tokens a minute.", ValueKind::Integer)
            .or_expression(),
        Attribute::optional("token-quota", "How many tokens a period.", ValueKind::Long).or_expression(),
        Attribute::optional(
            "token-quota-period",
            "The period.",
            ValueKind::OneOf(&["Indefinite", "Hourly", "Daily", "Weekly", "Monthly", "Yearly"]),
        )
        .or_else("Indefinite"),
        Attribute::required("counter-key", "What is counted.", ValueKind::Text).or_expression(),
        Attribute::required(
            "estimate-prompt-tokens",
            "Whether prompts are counted before the model does.",
            ValueKind::Boolean,
        ),
        Attribute::optional(
            "prompt-type",
            "What the request is.",
            ValueKind::OneOf(&["auto", "chat-completion", "completion", "embeddings"]),
        )
        .or_else("auto"),
        Attribute::optional(
            "retry-after-header-name",
            "The header for the seconds to wait.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "retry-after-variable-name",
            "The variable for the seconds to wait.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-tokens-header-name",
            "The header for the tokens that are left.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-tokens-variable-name",
            "The variable for the tokens that are left.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-quota-tokens-header-name",
            "The header for the tokens that are left of the period.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "remaining-quota-tokens-variable-name",
            "The variable for the tokens that are left of the period.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "tokens-consumed-header-name",
            "The header for the tokens that were used.",
            ValueKind::Text,
        ),
        Attribute::optional(
            "tokens-consumed-variable-name",
            "The variable for the tokens that were used.",
            ValueKind::Text,
        ),
        Attribute::optional("ignore-prompt", "Leaves the prompt out.", ValueKind::Boolean).or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("estimates are not the model's own"),
    examples: &[
        Example {
            title: "a call within the limit",
            section: Section::Inbound,
            fragment: "<base /><llm-token-limit counter-key=\"@(context.Api.Name)\" tokens-per-minute=\"500\" token-quota=\"1000\" \
                       token-quota-period=\"Monthly\" estimate-prompt-tokens=\"true\" remaining-tokens-header-name=\"X-Left\" \
                       remaining-quota-tokens-header-name=\"X-Quota\" remaining-tokens-variable-name=\"left\" />\
                       <set-header name=\"X-V\"><value>@(context.Variables[\"left\"].ToString())</value></set-header>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["x-v: 500"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "x-left: 500", "x-quota: 1000", "backend"],
        },
        Example {
            title: "one too many",
            section: Section::Inbound,
            fragment: "<llm-token-limit counter-key=\"a\" tokens-per-minute=\"0\" estimate-prompt-tokens=\"false\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 429 Too Many Requests",
                "retry-after: 60",
                "{ \"statusCode\": 429, \"message\": \"Token limit is exceeded. Try again in 60 seconds.\" }",
            ],
        },
    ],
    compile,
};

struct TokenLimit {
    policy: &'static str,
    per_minute: Option<Typed<i64>>,
    quota: Option<Typed<i64>>,
    unit: Unit,
    key: Value,
    estimates: bool,
    ignores_prompt: bool,
    retry: (HeaderName, Option<Arc<str>>),
    remaining: Names,
    remaining_quota: Names,
    consumed: Names,
}

/// A header and a variable for a number.
#[derive(Debug, Clone)]
struct Names(Option<HeaderName>, Option<Arc<str>>);

/// The period of a quota.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Endless,
    Seconds(i64, u32),
    Month,
    Year,
}

/// What a request is counted for.
struct Counters {
    key: String,
    per_minute: Option<u64>,
    quota: Option<(u64, Period)>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let policy =
        if element.name == "llm-token-limit" { "llm-token-limit" } else { "azure-openai-token-limit" };
    let is = |name: &str| element.attribute(name).is_some_and(|text| boolean(text) == Ok(true));
    let per_minute = compiler.typed(element, "tokens-per-minute", integer);
    let quota = compiler.typed(element, "token-quota", integer);
    if per_minute.is_none() && quota.is_none() {
        let message = "One of 'tokens-per-minute' and 'token-quota' is required.";
        return Err(compiler.problem(codes::MISSING, element, message));
    }
    let Names(retry, retry_variable) = Names::compile("retry-after", element, compiler)?;
    let limit = TokenLimit {
        policy,
        per_minute,
        quota,
        unit: Unit::read(element.attribute("token-quota-period").unwrap_or_default()),
        key: compiler.value(element, "counter-key").unwrap_or_else(Value::nothing),
        estimates: is("estimate-prompt-tokens"),
        ignores_prompt: is("ignore-prompt"),
        retry: (retry.unwrap_or(RETRY_AFTER), retry_variable),
        remaining: Names::compile("remaining-tokens", element, compiler)?,
        remaining_quota: Names::compile("remaining-quota-tokens", element, compiler)?,
        consumed: Names::compile("tokens-consumed", element, compiler)?,
    };
    Ok(Step::Wait(Box::new(limit)))
}

impl Wait for TokenLimit {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.limit(exchange))
    }
}

impl TokenLimit {
    async fn limit(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.collect_request().await?;
        let counters = self.counters(exchange)?;
        let prompt = if self.ignores_prompt { 0 } else { prompt_of(exchange) };
        let estimate = if self.estimates { prompt } else { 0 };
        self.check(exchange, &counters, estimate).await?;
        self.tell(exchange, &counters).await;
        let (remaining, quota, consumed) =
            (self.remaining.clone(), self.remaining_quota.clone(), self.consumed.clone());
        let ignores_prompt = self.ignores_prompt;
        let work = Deferred::waiting(Bodies::default().with_response(), move |exchange| {
            let whole = !tokens::is_stream(exchange);
            let counters = Arc::new(counters);
            let (kept, told) = (Arc::clone(&counters), Arc::new(std::sync::OnceLock::new()));
            let used = Arc::clone(&told);
            let then: tokens::Then = Box::new(move |gateway, mut usage| {
                if ignores_prompt {
                    usage.prompt = 0;
                }
                // What was estimated counts already; a model that took less does not give it back.
                kept.add(gateway, usage.total().saturating_sub(estimate));
                let _ = used.set(usage.total());
            });
            tokens::when_known(exchange, prompt, then);
            Box::pin(async move {
                if whole {
                    consumed.put(exchange, told.get().copied().unwrap_or(0));
                    let left = counters.left(&exchange.gateway).await;
                    remaining.put_some(exchange, left);
                    let left = counters.quota_left(&exchange.gateway).await;
                    quota.put_some(exchange, left);
                }
                Ok(Flow::Continue)
            })
        });
        exchange.deferred.push(work.letting_streams_pass());
        Ok(Flow::Continue)
    }

    fn counters(&self, exchange: &mut Exchange) -> Result<Counters, LastError> {
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        let key = self.key.text(exchange)?;
        let key = format!("tokens\n{}\n{key}", exchange.matched.service.model.id);
        let per_minute = self.per_minute.as_ref().map(|limit| limit.get(exchange)).transpose()?.map(number);
        let quota = self.quota.as_ref().map(|quota| quota.get(exchange)).transpose()?.map(number);
        let period = self.unit.period(exchange.gateway.clock.now());
        Ok(Counters { key, per_minute, quota: quota.map(|quota| (quota, period)) })
    }

    /// Turns the call away if there is no room for its prompt.
    async fn check(
        &self,
        exchange: &mut Exchange,
        counters: &Counters,
        estimate: u64,
    ) -> Result<(), LastError> {
        let now = exchange.gateway.clock.now().unix_millis();
        if let Some(calls) = counters.per_minute {
            let limit = Limit { increment: estimate.max(1), ..a_minute(calls) };
            // Where there is a quota as well, a call counts once there is room in both.
            let counted = Some(estimate).filter(|tokens| *tokens > 0 && counters.quota.is_none());
            let room = exchange.gateway.state.count(&counters.key, limit, Count::Room(counted), now).await;
            if let Err(limited) = room {
                let (status, wait) = (StatusCode::TOO_MANY_REQUESTS, Some(limited.retry_after));
                return Err(self.refused(exchange, status, wait));
            }
        }
        if let Some((quota, period)) = counters.quota {
            // A prompt that does not fit into what is left is one too many as well.
            let calls = (quota + 1).saturating_sub(estimate.max(1));
            let allowance = Allowance { calls: Some(calls), bytes: None };
            let left = exchange.gateway.state.spend(&counters.key, (allowance, period), estimate, now).await;
            if let Err(exhausted) = left {
                return Err(self.refused(exchange, StatusCode::FORBIDDEN, exhausted.replenished_in));
            }
            if let Some(calls) = counters.per_minute.filter(|_| estimate > 0) {
                let limit = Limit { increment: estimate, ..a_minute(calls) };
                let _ = exchange.gateway.state.count(&counters.key, limit, Count::Always, now).await;
            }
        }
        Ok(())
    }

    fn refused(&self, exchange: &mut Exchange, status: StatusCode, wait: Option<u64>) -> LastError {
        let (what, reason) = match status {
            StatusCode::FORBIDDEN => ("Token quota is exceeded", Reason::QuotaExceeded),
            _ => ("Token limit is exceeded", Reason::RateLimitExceeded),
        };
        let message = match wait {
            Some(seconds) => format!("{what}. Try again in {seconds} seconds."),
            None => format!("{what}."),
        };
        let error = LastError::new(Source::Policy(self.policy), reason, what).answered(status, message);
        let Some(seconds) = wait else { return error };
        if let Some(name) = &self.retry.1 {
            exchange.set_variable(name, number(seconds));
        }
        error.with_header(self.retry.0.clone(), HeaderValue::from(seconds))
    }

    async fn tell(&self, exchange: &mut Exchange, counters: &Counters) {
        let left = counters.left(&exchange.gateway).await;
        self.remaining.put_some(exchange, left);
        let left = counters.quota_left(&exchange.gateway).await;
        self.remaining_quota.put_some(exchange, left);
    }
}

impl Counters {
    fn add(&self, gateway: &crate::Gateway, tokens: u64) {
        let now = gateway.clock.now().unix_millis();
        if let Some(calls) = self.per_minute.filter(|_| tokens > 0) {
            let limit = Limit { increment: tokens, ..a_minute(calls) };
            gateway.state.count_later(&self.key, limit, now);
        }
        if tokens > 0 && self.quota.is_some() {
            gateway.state.spend_later(&self.key, (tokens, 0), now);
        }
    }

    async fn left(&self, gateway: &crate::Gateway) -> Option<u64> {
        let (limit, now) = (a_minute(self.per_minute?), gateway.clock.now().unix_millis());
        Some(gateway.state.count(&self.key, limit, Count::Room(None), now).await.unwrap_or(0))
    }

    async fn quota_left(&self, gateway: &crate::Gateway) -> Option<u64> {
        let ((quota, _), now) = (self.quota?, gateway.clock.now().unix_millis());
        Some(quota.saturating_sub(gateway.state.spent(&self.key, now).await))
    }
}

/// The limit of tokens a minute, of which nothing is taken.
fn a_minute(calls: u64) -> Limit {
    Limit { calls, period: 60, increment: 0, algorithm: Algorithm::SlidingWindow }
}

impl Names {
    fn compile(name: &str, element: &Element, compiler: &Compiler<'_>) -> Result<Self, Diagnostic> {
        let attribute = format!("{name}-header-name");
        let header = element.attribute(&attribute).map(|text| HeaderName::try_from(text.trim())).transpose();
        let header =
            header.map_err(|_| compiler.invalid_value(element, &attribute, "it is not a header name"))?;
        Ok(Self(header, element.attribute(&format!("{name}-variable-name")).map(Arc::from)))
    }

    fn put_some(&self, exchange: &mut Exchange, value: Option<u64>) {
        if let Some(value) = value {
            self.put(exchange, value);
        }
    }

    fn put(&self, exchange: &mut Exchange, value: u64) {
        if let Some(name) = &self.0 {
            exchange.final_headers.insert(name.clone(), HeaderValue::from(value));
        }
        if let Some(name) = &self.1 {
            exchange.set_variable(name, number(value));
        }
    }
}

impl Unit {
    fn read(text: &str) -> Self {
        /// The first Monday after 1970-01-01T00:00:00Z, in milliseconds.
        const MONDAY: i64 = 4 * 86_400_000;
        match text {
            "Hourly" => Self::Seconds(0, 3_600),
            "Daily" => Self::Seconds(0, 86_400),
            "Weekly" => Self::Seconds(MONDAY, 604_800),
            "Monthly" => Self::Month,
            "Yearly" => Self::Year,
            _ => Self::Endless,
        }
    }

    /// The period that `now` is in, in UTC.
    fn period(self, now: Timestamp) -> Period {
        let text = now.rfc3339();
        let part = |from: usize, to: usize| {
            text.get(from..to).and_then(|text| text.parse::<u32>().ok()).unwrap_or(1)
        };
        let (year, month) = (part(0, 4), part(5, 7));
        let first = |year: u32, month: u32| {
            let moment = Timestamp::parse(&format!("{year:04}-{month:02}-01T00:00:00Z"));
            moment.map_or(i64::MAX, Timestamp::unix_millis)
        };
        match self {
            Self::Endless => Period::Endless,
            Self::Seconds(start, seconds) => Period::Since(start, seconds),
            Self::Month if month == 12 => Period::Between(first(year, 12), first(year + 1, 1)),
            Self::Month => Period::Between(first(year, month), first(year, month + 1)),
            Self::Year => Period::Between(first(year, 1), first(year + 1, 1)),
        }
    }
}

fn number(value: u64) -> Variable {
    Variable::Int(i32::try_from(value).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sim::{Clock, Timestamp};

    use crate::tests::world::{Recorder, World, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn tokens_are_those_that_answers_name() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 53\r\n\r\n{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":31}}";
        let backend = Recorder::start(answer).await;
        let text = "<policies><inbound><base /><azure-openai-token-limit counter-key='a' tokens-per-minute='100' token-quota='150' \
                    token-quota-period='Hourly' estimate-prompt-tokens='false' remaining-tokens-header-name='left' \
                    tokens-consumed-header-name='used' /><llm-emit-token-metric value-type='total-tokens'>\
                    <dimension name='API ID' /></llm-emit-token-metric></inbound><backend><base /></backend></policies>";
        let mut service = service();
        service.apis[0].policy = Some(policy("limit", text));
        let world = World::start(service, Clock::manual(Timestamp::from_unix_seconds(30)), None).await;
        world.pods(&[backend.socket]);
        let first = world.call(&["GET /api/x HTTP/1.1"]).await;
        assert_eq!((first.header("left"), first.header("used")), (Some("39"), Some("61")));
        assert_eq!(world.gateway.emissions(0)[0]["value"], 61.0);
        assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.status(), 200);
        let third = world.call(&["GET /api/x HTTP/1.1"]).await;
        let message =
            "{ \"statusCode\": 429, \"message\": \"Token limit is exceeded. Try again in 60 seconds.\" }";
        assert_eq!((third.status(), third.body.as_str()), (429, message));
        world.clock.advance(Duration::from_mins(1));
        assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.status(), 200);
        let quota = world.call(&["GET /api/x HTTP/1.1"]).await;
        assert_eq!((quota.status(), quota.header("retry-after")), (403, Some("3510")));
    }
}
