//! `cache-remove-value`: forgets the value that an earlier request kept. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-remove-value-policy>
//!
//! **Differs from Azure:** an external cache is a Redis on this machine; while it is away, that is no failure of the
//! request, whatever `fail-on-cache-removal-error` says.

use diagnostic::Diagnostic;

use super::cache_store_value::{CACHING_TYPE, KEY, key};
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Remember, Section, Step};
use crate::state::Caching;
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-remove-value",
    summary: "Forgets a value that was kept earlier.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        KEY,
        CACHING_TYPE,
        Attribute::optional(
            "fail-on-cache-removal-error",
            "Whether a failure of the cache is one of the request.",
            ValueKind::Boolean,
        ),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("an external cache on this machine only"),
    examples: &[Example {
        title: "what was removed is not found",
        section: Section::Inbound,
        fragment: "<base /><cache-store-value key=\"a\" value=\"1\" duration=\"60\" /><cache-remove-value key=\"a\" />\
                   <cache-lookup-value key=\"a\" variable-name=\"v\" default-value=\"none\" />\
                   <set-header name=\"X-V\"><value>@((string)context.Variables[\"v\"])</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-v: none"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

#[derive(Debug)]
struct CacheRemoveValue(Value, Caching);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let key = compiler.value(element, "key").unwrap_or_else(Value::nothing);
    let caching = Caching::named(element.attribute("caching-type"));
    Ok(Step::Recall(Box::new(CacheRemoveValue(key, caching))))
}

impl Remember for CacheRemoveValue {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = key(&self.0, exchange)?;
        exchange.cache(self.1).remove(&exchange.gateway.state, &key).await;
        Ok(Flow::Continue)
    }
}
