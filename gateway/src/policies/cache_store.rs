//! `cache-store`: puts the answer into the cache. In outbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cache-store-policy>
//!
//! **Differs from Azure:** an external cache is a Redis on this machine. The exact directives of `Cache-Control` are not documented;
//! `caching-mode`, which is not either, is refused.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use diagnostic::Diagnostic;
use futures_util::FutureExt as _;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use tokio::runtime::Handle;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::Gateway;
use crate::body::Watch;
use crate::context::{CachedAs, Downstream, Exchange, Revalidation};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::state::{ChosenCache, Kept, LONGEST};
use crate::value::{Typed, boolean, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cache-store",
    summary: "Puts the answer into the cache.",
    sections: &[Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("duration", "Seconds to keep it.", ValueKind::Integer).or_expression(),
        Attribute::optional("cache-response", "Whether to keep it.", ValueKind::Boolean).or_expression(),
        Attribute::optional(
            "caching-mode",
            "What to do with an answer that is there already.",
            ValueKind::Text,
        )
        .but_not(&["*"]),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("no caching-mode"),
    examples: &[Example {
        title: "without `cache-lookup` nothing is kept",
        section: Section::Outbound,
        fragment: "<base /><cache-store duration=\"@(40 + 20)\" cache-response=\"@(context.Response.StatusCode == 200)\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Cache-Control: no-cache"],
        response: &["HTTP/1.1 200 OK", "cache-control: no-cache", "backend"],
    }],
    compile,
};

/// Whether an answer is kept, and for how long.
#[derive(Debug)]
pub struct Keeping {
    duration: Typed<i64>,
    condition: Option<Typed<bool>>,
}

#[derive(Debug)]
struct CacheStore(Keeping);

/// Collects an answer while it passes and keeps it once it is whole.
struct Collector {
    gateway: Arc<Gateway>,
    cache: ChosenCache,
    key: Arc<CachedAs>,
    kept: Kept,
    body: BytesMut,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(CacheStore(Keeping::compile(element, compiler)))))
}

impl Keeping {
    /// Compiles the attributes.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        Self {
            duration: compiler.required(element, "duration", integer),
            condition: compiler.typed(element, "cache-response", boolean),
        }
    }

    /// The seconds to keep the answer, if it is kept.
    pub fn seconds(&self, exchange: &mut Exchange) -> Result<Option<i64>, LastError> {
        let seconds = self.duration.get(exchange)?;
        let wanted = self.condition.as_ref().map(|condition| condition.get(exchange)).transpose()?;
        let status = exchange.response.as_ref().map(|response| response.status);
        Ok((seconds > 0 && wanted.unwrap_or(status == Some(StatusCode::OK))).then_some(seconds))
    }
}

impl Act for CacheStore {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(key) = exchange.cached_as.clone() else { return Ok(Flow::Continue) };
        let cache = exchange.cache(key.caching);
        if !cache.is_there() {
            return Ok(Flow::Continue);
        }
        let Some(seconds) = self.0.seconds(exchange)? else { return Ok(Flow::Continue) };
        let now = exchange.gateway.clock.now().unix_millis();
        let gateway = Arc::clone(&exchange.gateway);
        let Some(response) = &mut exchange.response else { return Ok(Flow::Continue) };
        if let Ok(value) = HeaderValue::try_from(key.downstream.cache_control(seconds)) {
            response.headers.insert(CACHE_CONTROL, value);
        }
        let kept = Kept::head(response, now.saturating_add(seconds.saturating_mul(1_000)));
        let collector = Collector { gateway, cache, key, kept, body: BytesMut::new() };
        response.body = response.body.take().unwrap_or_default().watched(Box::new(collector));
        Ok(Flow::Continue)
    }
}

impl Downstream {
    /// In the order in which .NET writes the directives.
    fn cache_control(self, seconds: i64) -> String {
        let directives = |revalidation| match revalidation {
            Revalidation::Must => format!("must-revalidate, max-age={seconds}"),
            Revalidation::May => format!("max-age={seconds}"),
        };
        match self {
            Self::None => "no-store".to_owned(),
            Self::Private(revalidation) => format!("{}, private", directives(revalidation)),
            Self::Public(revalidation) => format!("public, {}", directives(revalidation)),
        }
    }
}

impl Watch for Collector {
    fn data(&mut self, data: &Bytes) {
        if self.body.len() <= LONGEST {
            self.body.extend_from_slice(data);
        }
    }

    fn end(&mut self) {
        self.kept.body = std::mem::take(&mut self.body).freeze();
        let now = self.gateway.clock.now().unix_millis();
        let (gateway, cache) = (Arc::clone(&self.gateway), self.cache.clone());
        let (key, kept) = (self.key.key.clone(), self.kept.clone());
        let keep = async move { cache.keep_answer(&gateway.state, key, kept, now).await };
        match Handle::try_current() {
            // Nobody waits for a cache that is elsewhere.
            Ok(runtime) if self.cache.is_external() => drop(runtime.spawn(keep)),
            _ => drop(keep.now_or_never()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sim::{Clock, Timestamp};

    use crate::tests::world::{Recorder, World, policy, service};

    async fn world(lookup: &str) -> (World, Recorder) {
        let mut service = service();
        let text = format!(
            "<policies><inbound><base /><cache-lookup vary-by-developer='false' vary-by-developer-groups='false' {lookup}</inbound>\
             <backend><base /></backend><outbound><set-header name='X-Before'><value>1</value></set-header>\
             <cache-store duration='60' /><set-header name='X-After'><value>@(context.Response.Headers.GetValueOrDefault(\"x-before\", \"\"))</value>\
             </set-header></outbound></policies>"
        );
        service.apis[0].policy = Some(policy("cache", &text));
        let backend = Recorder::start("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nbackend").await;
        let world = World::start(service, Clock::manual(Timestamp::from_unix_seconds(0)), None).await;
        world.pods(&[backend.socket]);
        (world, backend)
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_answer_is_kept_as_it_was_when_it_was_stored() {
        let (world, backend) = world(
            "downstream-caching-type='public'><vary-by-header>X-V; X-W</vary-by-header></cache-lookup>",
        )
        .await;
        let first = world.call(&["GET /api/x?a=b HTTP/1.1"]).await;
        let second = world.call(&["GET /api/x?a=b HTTP/1.1"]).await;
        assert_eq!(first.body, "backend");
        assert_eq!((&first.body, first.header("x-after")), (&second.body, Some("1")));
        assert_eq!(second.header("x-after"), Some("1"));
        assert_eq!(second.header("cache-control"), Some("public, must-revalidate, max-age=60"));
        assert_eq!(backend.heads().len(), 1);
        for (request, calls) in [
            (["GET /api/x?a=c HTTP/1.1", "X-Y: 1"], 2),
            (["GET /api/x?a=b HTTP/1.1", "X-W: 1"], 3),
            (["GET /api/x?a=b HTTP/1.1", "X-W: 1"], 3),
            (["POST /api/x?a=b HTTP/1.1", "Content-Length: 0"], 4),
            (["GET /api/x?a=b HTTP/1.1", "Authorization: a"], 5),
            (["GET /api/x?a=b HTTP/1.1", "Authorization: a"], 6),
        ] {
            world.call(&request).await;
            assert_eq!(backend.heads().len(), calls, "{request:?}");
        }
        world.clock.advance(Duration::from_mins(1));
        world.call(&["GET /api/x?a=b HTTP/1.1"]).await;
        assert_eq!(backend.heads().len(), 7);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn only_the_parameters_that_are_named_count() {
        let (world, backend) =
            world("allow-private-response-caching='true'><vary-by-query-parameter>v</vary-by-query-parameter></cache-lookup>")
                .await;
        for (request, calls) in [
            (["GET /api/x?v=1&w=2 HTTP/1.1", "Authorization: a"], 1),
            (["GET /api/x?w=3&V=1 HTTP/1.1", "Authorization: a"], 1),
            (["GET /api/x?v=2 HTTP/1.1", "Authorization: a"], 2),
        ] {
            let reply = world.call(&request).await;
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{request:?}");
            assert_eq!(backend.heads().len(), calls, "{request:?}");
        }
    }
}
