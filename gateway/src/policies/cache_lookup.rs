//! `cache-lookup`: answers from the cache. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-lookup-policy>
//!
//! **Differs from Azure:** an external cache is a Redis on this machine. Developers are subscriptions, and all are in the
//! same groups. What runs after a hit is not documented: here what follows `cache-store` in outbound.

use std::fmt::Write;
use std::sync::Arc;

use diagnostic::Diagnostic;
use http::Method;
use http::header::AUTHORIZATION;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::{CachedAs, Downstream, Exchange, Revalidation};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Remember, Section, Step};
use crate::state::Caching;
use crate::value::{Typed, Value, boolean};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-lookup",
    summary: "Answers from the cache.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "vary-by-developer",
            "Whether each subscription has answers of its own.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::required(
            "vary-by-developer-groups",
            "Whether each group has answers of its own.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional(
            "downstream-caching-type",
            "What caches of clients may do.",
            ValueKind::OneOf(&["none", "private", "public"]),
        )
        .or_expression()
        .or_else("none"),
        Attribute::optional(
            "must-revalidate",
            "What clients are told about old answers.",
            ValueKind::Boolean,
        )
        .or_expression()
        .or_else("true"),
        Attribute::optional(
            "caching-type",
            "Which cache.",
            ValueKind::OneOf(&["prefer-external", "internal", "external"]),
        )
        .or_else("prefer-external"),
        Attribute::optional(
            "allow-private-response-caching",
            "Whether answers to requests with `Authorization` are cached.",
            ValueKind::Boolean,
        )
        .or_expression()
        .or_else("false"),
    ],
    content: Content::AnyOrder(&[
        Child::new("vary-by-header", Occurs::Repeated, Content::Text),
        Child::new("vary-by-query-parameter", Occurs::Repeated, Content::Text),
    ]),
    fidelity: Fidelity::Approximate("an external cache on this machine only; developers are subscriptions"),
    examples: &[Example {
        title: "what is not there comes from the backend",
        section: Section::Inbound,
        fragment: "<base /><cache-lookup vary-by-developer=\"false\" vary-by-developer-groups=\"false\" \
                   downstream-caching-type=\"@(&quot;none&quot;)\"><vary-by-header>Accept;Accept-Charset</vary-by-header>\
                   <vary-by-query-parameter>@(&quot;version&quot;)</vary-by-query-parameter></cache-lookup>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

#[derive(Debug)]
struct CacheLookup {
    by_developer: Typed<bool>,
    downstream: Typed<Arc<str>>,
    must_revalidate: Typed<bool>,
    private: Typed<bool>,
    headers: Vec<Value>,
    parameters: Vec<Value>,
    caching: Caching,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut named = |name: &str| -> Vec<Value> {
        let children = element.elements().filter(|child| child.name == name);
        children.map(|child| compiler.content(child)).collect()
    };
    let (headers, parameters) = (named("vary-by-header"), named("vary-by-query-parameter"));
    let mut is =
        |name: &str, usual: bool| compiler.typed(element, name, boolean).unwrap_or(Typed::Fixed(usual));
    let (by_developer, must_revalidate) = (is("vary-by-developer", false), is("must-revalidate", true));
    let private = is("allow-private-response-caching", false);
    let downstream = compiler.typed(element, "downstream-caching-type", crate::value::plain);
    let downstream = downstream.unwrap_or_else(|| Typed::Fixed("none".into()));
    let caching = Caching::named(element.attribute("caching-type"));
    let lookup =
        CacheLookup { by_developer, downstream, must_revalidate, private, headers, parameters, caching };
    Ok(Step::Recall(Box::new(lookup)))
}

impl Remember for CacheLookup {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if exchange.request.method != Method::GET
            || (exchange.request.headers.contains_key(AUTHORIZATION) && !self.private.get(exchange)?)
        {
            return Ok(Flow::Continue);
        }
        let key = self.key(exchange)?;
        let now = exchange.gateway.clock.now().unix_millis();
        let cache = exchange.cache(self.caching);
        if let Some(kept) = cache.answer(&exchange.gateway.state, &key, now).await {
            exchange.response = Some(kept.response());
            return Ok(Flow::Cached);
        }
        let revalidation =
            if self.must_revalidate.get(exchange)? { Revalidation::Must } else { Revalidation::May };
        let downstream = match self.downstream.get(exchange)?.as_ref() {
            "public" => Downstream::Public(revalidation),
            "private" => Downstream::Private(revalidation),
            _ => Downstream::None,
        };
        exchange.cached_as = Some(Arc::new(CachedAs { key, downstream, caching: self.caching }));
        Ok(Flow::Continue)
    }
}

impl CacheLookup {
    /// What tells the request from those that get another answer. All query parameters count unless some are named.
    fn key(&self, exchange: &mut Exchange) -> Result<String, LastError> {
        let parameters = names(&self.parameters, exchange)?;
        let headers = names(&self.headers, exchange)?;
        let by_developer = self.by_developer.get(exchange)?;
        let (path, _, query) = exchange.request.original();
        let mut key = format!("{}\n{}\n{path}", exchange.matched.service.model.id, exchange.request.host);
        let query = query.unwrap_or_default();
        if parameters.is_empty() {
            let _ = write!(key, "?{query}");
        }
        for name in &parameters {
            let values =
                form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key.eq_ignore_ascii_case(name));
            let values: Vec<_> = values.map(|(_, value)| value).collect();
            let _ = write!(key, "\n?{name}={values:?}");
        }
        for name in &headers {
            let values: Vec<_> = exchange.request.headers.get_all(name.as_str()).iter().collect();
            let _ = write!(key, "\n{name}: {values:?}");
        }
        if let (true, Some(subscription)) = (by_developer, &exchange.access.subscription) {
            let _ = write!(key, "\n@{}", subscription.name);
        }
        Ok(key)
    }
}

/// Names with semicolons between them.
fn names(values: &[Value], exchange: &mut Exchange) -> Result<Vec<String>, LastError> {
    let mut names = Vec::new();
    for value in values {
        let text = value.text(exchange)?;
        let found = text.split(';').map(|name| name.trim().to_ascii_lowercase());
        names.extend(found.filter(|name| !name.is_empty()));
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}
