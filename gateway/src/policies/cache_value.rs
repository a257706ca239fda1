//! `cache-value`: takes a value from the cache, or computes it and puts it there. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-value-policy>
//!
//! **Differs from Azure:** no schema of it is published: the attributes are those of the policy toolkit. The policies in it
//! set the variable; what they set is kept, for ever where `expires-after` is not given. An external cache is a Redis on this machine.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::cache_store_value::{CACHING_TYPE, KEY, key};
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{self, Flow, Pending, Placed, Section, Step, Wait};
use crate::state::Caching;
use crate::value::{Typed, Value, Variable, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-value",
    summary: "Takes a value from the cache, or computes it and puts it there.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        KEY,
        Attribute::required("variable-name", "The variable for the value.", ValueKind::Text),
        Attribute::optional("expires-after", "Seconds to keep it.", ValueKind::Integer).or_expression(),
        Attribute::optional(
            "refresh-after",
            "Seconds after which it is computed anew in time.",
            ValueKind::Integer,
        )
        .or_expression(),
        Attribute::optional("default-value", "The value if there is none.", ValueKind::Text).or_expression(),
        CACHING_TYPE,
    ],
    content: Content::Policies,
    fidelity: Fidelity::Approximate("an external cache on this machine only"),
    examples: &[Example {
        title: "its policies make the value once; a default stands in for one that they do not make",
        section: Section::Inbound,
        fragment: "<base /><cache-value key=\"a\" variable-name=\"a\" expires-after=\"60\" refresh-after=\"@(30)\">\
                   <set-variable name=\"a\" value=\"made\" /></cache-value>\
                   <set-variable name=\"a\" value=\"other\" />\
                   <cache-value key=\"a\" variable-name=\"a\"><set-variable name=\"a\" value=\"again\" /></cache-value>\
                   <cache-value key=\"b\" variable-name=\"b\" default-value=\"@(1 + 1)\"><block /></cache-value>\
                   <set-header name=\"X-V\"><value>@((string)context.Variables[\"a\"] + context.Variables[\"b\"])</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-v: made2"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct CacheValue {
    key: Value,
    variable: Arc<str>,
    expires_after: Option<Typed<i64>>,
    refresh_after: Option<Typed<i64>>,
    default: Option<Value>,
    caching: Caching,
    steps: Vec<Arc<Placed>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Wait(Box::new(CacheValue {
        key: compiler.value(element, "key").unwrap_or_else(Value::nothing),
        variable: element.attribute("variable-name").unwrap_or_default().into(),
        expires_after: compiler.typed(element, "expires-after", integer),
        refresh_after: compiler.typed(element, "refresh-after", integer),
        default: compiler.value(element, "default-value"),
        caching: Caching::named(element.attribute("caching-type")),
        steps: compiler.policies(element),
    })))
}

impl Wait for CacheValue {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.read(exchange))
    }
}

impl CacheValue {
    async fn read(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = key(&self.key, exchange)?;
        let flight = exchange.gateway.state.flights.of(&key);
        if self.find(&key, exchange).await == Some(Age::Fresh) {
            return Ok(Flow::Continue);
        }
        if exchange.making.contains(&key) {
            return self.make(key, exchange).await;
        }
        // While one makes a value that is getting old, the others go on with it; one that is missing they wait for.
        let found = self.find(&key, exchange).await;
        let _turn = match (flight.try_lock(), found) {
            (Ok(turn), _) => turn,
            (Err(_), Some(_)) => return Ok(Flow::Continue),
            (Err(_), None) => flight.lock().await,
        };
        if self.find(&key, exchange).await == Some(Age::Fresh) {
            return Ok(Flow::Continue);
        }
        exchange.making.push(key.clone());
        let flow = self.make(key, exchange).await;
        exchange.making.pop();
        flow
    }

    /// Sets the variable if there is a value.
    async fn find(&self, key: &str, exchange: &mut Exchange) -> Option<Age> {
        let now = exchange.gateway.clock.now().unix_millis();
        let found = exchange.cache(self.caching).value(&exchange.gateway.state, key, now).await?;
        exchange.set_variable(&self.variable, found.value);
        Some(if found.is_stale { Age::Stale } else { Age::Fresh })
    }

    async fn make(&self, key: String, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.unset_variable(&self.variable);
        let flow = pipeline::run(&self.steps, exchange).await?;
        match (exchange.variables.get(&self.variable).cloned(), &self.default) {
            (Some(value), _) => self.keep(key, &value, exchange).await?,
            (None, Some(default)) => {
                let value = default.variable(exchange)?;
                exchange.set_variable(&self.variable, value);
            }
            (None, None) => {}
        }
        Ok(flow)
    }

    async fn keep(&self, key: String, value: &Variable, exchange: &mut Exchange) -> Result<(), LastError> {
        let seconds = |typed: &Option<Typed<i64>>, exchange: &mut Exchange| {
            typed.as_ref().map(|typed| typed.get(exchange)).transpose()
        };
        let (fresh, until) =
            (seconds(&self.refresh_after, exchange)?, seconds(&self.expires_after, exchange)?);
        let now = exchange.gateway.clock.now().unix_millis();
        let moment = |seconds: i64| now.saturating_add(seconds.saturating_mul(1_000));
        let until = until.map_or(i64::MAX, moment);
        let fresh = fresh.map_or(until, moment);
        let (state, cache) = (&exchange.gateway.state, exchange.cache(self.caching));
        cache.keep_value(state, (key, value), (fresh, until), now).await;
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Fresh,
    Stale,
}
