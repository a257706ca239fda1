//! `llm-semantic-cache-store`: puts a model's answer into the cache, with the meaning of its prompt. In outbound, at
//! every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/llm-semantic-cache-store-policy>
//!
//! **Differs from Azure:** the cache is this process's own. Answers that are streams are not kept; whether Azure keeps
//! them is not documented.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::cache_store::Keeping;
use super::{
    Attribute, Content, Definition, Example, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES,
    ValueKind,
};
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Bodies, Deferred, Flow, Pending, Section, Step, Wait};
use crate::state::Kept;
use crate::tokens::is_stream;

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-semantic-cache-store",
    summary: "Puts a model's answer into the cache, with the meaning of its prompt.",
    sections: &[Section::Outbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::required("duration", "Seconds to keep it.", ValueKind::Integer).or_expression(),
        Attribute::optional("cache-response", "Whether to keep it.", ValueKind::Boolean).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("no external cache; streams are not kept"),
    examples: &[Example {
        title: "without `llm-semantic-cache-lookup` nothing is kept",
        section: Section::Outbound,
        fragment: "<base /><llm-semantic-cache-store duration=\"60\" cache-response=\"@(context.Response.StatusCode == 200)\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct SemanticCacheStore(Keeping);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Wait(Box::new(SemanticCacheStore(Keeping::compile(element, compiler)))))
}

impl Wait for SemanticCacheStore {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.store(exchange))
    }
}

impl SemanticCacheStore {
    async fn store(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(meant) = exchange.meant.clone() else { return Ok(Flow::Continue) };
        let Some(seconds) = self.0.seconds(exchange)?.filter(|_| !is_stream(exchange)) else {
            return Ok(Flow::Continue);
        };
        exchange.collect_response().await?;
        let until = exchange.gateway.clock.now().unix_millis().saturating_add(seconds.saturating_mul(1_000));
        let Some(response) = &exchange.response else { return Ok(Flow::Continue) };
        let mut kept = Kept::head(response, until);
        if let Body::Full(body) = &response.body {
            kept.body = body.clone();
        }
        // What `llm-content-safety` in inbound does not let pass at the end must not be kept: it is asked before.
        exchange.deferred.push(Deferred::new(Bodies::default(), move |exchange| {
            let (now, gateway) = (exchange.gateway.clock.now().unix_millis(), Arc::clone(&exchange.gateway));
            gateway.state.vectors().put(meant.partition.clone(), meant.vector.clone(), kept, now);
            Ok(())
        }));
        Ok(Flow::Continue)
    }
}
