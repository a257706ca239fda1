//! `cache-store-value`: keeps a value under a key for later requests. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-store-value-policy>
//!
//! **Differs from Azure:** the value is there at once. An external cache is a Redis on this machine; what cannot be
//! written down is not kept in it. There is no limit on the size of a value besides that of expressions, and 2 MiB there.

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Remember, Section, Step};
use crate::state::Caching;
use crate::value::{Typed, Value, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-store-value",
    summary: "Keeps a value under a key for later requests.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        KEY,
        Attribute::required("value", "The value.", ValueKind::Text).or_expression(),
        Attribute::required("duration", "For how many seconds.", ValueKind::Integer).or_expression(),
        CACHING_TYPE,
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("an external cache on this machine only"),
    examples: &[Example {
        title: "what is stored is found",
        section: Section::Inbound,
        fragment: "<base /><cache-store-value key=\"a\" value=\"@(40 + 2)\" duration=\"60\" />\
                   <cache-lookup-value key=\"a\" variable-name=\"v\" />\
                   <set-header name=\"X-V\"><value>@(((int)context.Variables[\"v\"] + 1).ToString())</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-v: 43"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

/// The attribute that names a value.
pub const KEY: Attribute = Attribute::required("key", "The key.", ValueKind::Text).or_expression();

/// The attribute that says which cache.
pub const CACHING_TYPE: Attribute = Attribute::optional(
    "caching-type",
    "Which cache.",
    ValueKind::OneOf(&["prefer-external", "external", "internal"]),
)
.or_else("prefer-external");

#[derive(Debug)]
struct CacheStoreValue {
    key: Value,
    value: Value,
    duration: Typed<i64>,
    caching: Caching,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Recall(Box::new(CacheStoreValue {
        key: compiler.value(element, "key").unwrap_or_else(Value::nothing),
        value: compiler.value(element, "value").unwrap_or_else(Value::nothing),
        duration: compiler.required(element, "duration", integer),
        caching: Caching::named(element.attribute("caching-type")),
    })))
}

impl Remember for CacheStoreValue {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = key(&self.key, exchange)?;
        let value = self.value.variable(exchange)?;
        let seconds = self.duration.get(exchange)?;
        let now = exchange.gateway.clock.now().unix_millis();
        let until = now.saturating_add(seconds.saturating_mul(1_000));
        let (state, cache) = (&exchange.gateway.state, exchange.cache(self.caching));
        cache.keep_value(state, (key, &value), (until, until), now).await;
        Ok(Flow::Continue)
    }
}

/// A key among those of all services.
pub fn key(key: &Value, exchange: &mut Exchange) -> Result<String, LastError> {
    let key = key.text(exchange)?;
    Ok(format!("{}\n{key}", exchange.matched.service.model.id))
}
