//! `llm-emit-token-metric`: sends the tokens of a model's answer to Application Insights. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/llm-emit-token-metric-policy>
//!
//! **Differs from Azure:** metrics stay in the sandbox, where they can be read; what an answer does not say is estimated.
//! `name`, which is not documented, is not executed.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::emit_metric::Series;
use super::shapes;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Bodies, Deferred, Flow, Pending, Section, Step, Wait};
use crate::sink::What;
use crate::tokens;
use crate::value::boolean;

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-emit-token-metric",
    summary: "Sends the tokens of a model's answer to Application Insights.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("namespace", "Where the metrics belong.", ValueKind::Text).or_expression(),
        Attribute::optional("name", "The metric.", ValueKind::Text).or_expression().but_not(&["*"]),
        Attribute::optional(
            "value-type",
            "Which tokens.",
            ValueKind::OneOf(&["all", "total-tokens", "prompt-tokens", "completion-tokens"]),
        )
        .or_else("all"),
        Attribute::optional("ignore-prompt", "Leaves the prompt out.", ValueKind::Boolean).or_else("false"),
    ],
    content: Content::Children(&[shapes::DIMENSION]),
    fidelity: Fidelity::Approximate("metrics stay in the sandbox"),
    examples: &[Example {
        title: "the answer passes as it is",
        section: Section::Inbound,
        fragment: "<base /><llm-emit-token-metric namespace=\"llm\"><dimension name=\"API ID\" /></llm-emit-token-metric>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct EmitTokenMetric {
    series: Series,
    kinds: Arc<[&'static str]>,
    ignore_prompt: bool,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let kinds: &[&'static str] = match element.attribute("value-type") {
        Some("total-tokens") => &["Total Tokens"],
        Some("prompt-tokens") => &["Prompt Tokens"],
        Some("completion-tokens") => &["Completion Tokens"],
        _ => &["Total Tokens", "Prompt Tokens", "Completion Tokens"],
    };
    let ignore_prompt = element.attribute("ignore-prompt").is_some_and(|text| boolean(text) == Ok(true));
    let series = Series::compile(element, compiler)?;
    Ok(Step::Wait(Box::new(EmitTokenMetric { series, kinds: kinds.into(), ignore_prompt })))
}

impl Wait for EmitTokenMetric {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.watch(exchange))
    }
}

impl EmitTokenMetric {
    async fn watch(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.collect_request().await?;
        let (namespace, dimensions) = self.series.of(exchange)?;
        let (kinds, ignore_prompt) = (Arc::clone(&self.kinds), self.ignore_prompt);
        let prompt = prompt_of(exchange);
        let (service, id) = (exchange.matched.service.model.name.clone(), exchange.id().to_owned());
        let work = move |exchange: &mut Exchange| {
            let then: tokens::Then = Box::new(move |gateway, mut usage| {
                if ignore_prompt {
                    usage.prompt = 0;
                }
                for kind in kinds.iter() {
                    let tokens = match *kind {
                        "Prompt Tokens" => usage.prompt,
                        "Completion Tokens" => usage.completion,
                        _ => usage.total(),
                    };
                    let value = f64::from(u32::try_from(tokens).unwrap_or(u32::MAX));
                    let (namespace, dimensions) = (namespace.clone(), dimensions.clone());
                    let what = What::Metric { namespace, name: (*kind).to_owned(), value, dimensions };
                    gateway.emit(&service, &id, what);
                }
            });
            tokens::when_known(exchange, prompt, then);
            Ok(())
        };
        exchange.deferred.push(Deferred::new(Bodies::default().with_response(), work).letting_streams_pass());
        Ok(Flow::Continue)
    }
}

/// An estimate of the request's prompt.
pub fn prompt_of(exchange: &Exchange) -> u64 {
    match &exchange.request.body {
        Body::Full(bytes) => tokens::prompt(bytes),
        _ => 0,
    }
}
