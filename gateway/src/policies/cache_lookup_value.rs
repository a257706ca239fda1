//! `cache-lookup-value`: puts the value that an earlier request kept into a variable. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-lookup-value-policy>
//!
//! **Differs from Azure:** an external cache is a Redis on this machine.

use std::sync::Arc;

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
    name: "cache-lookup-value",
    summary: "Puts a value that was kept earlier into a variable.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        KEY,
        Attribute::required("variable-name", "The variable.", ValueKind::Text),
        Attribute::optional("default-value", "Its value when there is nothing.", ValueKind::Text)
            .or_expression(),
        CACHING_TYPE,
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("an external cache on this machine only"),
    examples: &[Example {
        title: "without a value the default is taken, or the variable is not set",
        section: Section::Inbound,
        fragment: "<base /><cache-lookup-value key=\"a\" variable-name=\"v\" default-value=\"none\" />\
                   <cache-lookup-value key=\"a\" variable-name=\"w\" />\
                   <set-header name=\"X-V\"><value>@((string)context.Variables[\"v\"] + context.Variables.ContainsKey(\"w\"))</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-v: noneFalse"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

#[derive(Debug)]
struct CacheLookupValue {
    key: Value,
    variable: Arc<str>,
    default: Option<Value>,
    caching: Caching,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Recall(Box::new(CacheLookupValue {
        key: compiler.value(element, "key").unwrap_or_else(Value::nothing),
        variable: element.attribute("variable-name").unwrap_or_default().into(),
        default: compiler.value(element, "default-value"),
        caching: Caching::named(element.attribute("caching-type")),
    })))
}

impl Remember for CacheLookupValue {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let key = key(&self.key, exchange)?;
        let now = exchange.gateway.clock.now().unix_millis();
        let found = exchange.cache(self.caching).value(&exchange.gateway.state, &key, now).await;
        let value = match (found, &self.default) {
            (Some(found), _) => found.value,
            (None, Some(default)) => default.variable(exchange)?,
            (None, None) => return Ok(Flow::Continue),
        };
        exchange.set_variable(&self.variable, value);
        Ok(Flow::Continue)
    }
}
