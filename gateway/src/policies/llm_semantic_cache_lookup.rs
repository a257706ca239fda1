//! `llm-semantic-cache-lookup`: answers from the cache when a prompt means the same as one before. In inbound, at every
//! scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/llm-semantic-cache-lookup-policy>
//!
//! **Differs from Azure:** the cache is this process's own, so none has to be set up; `cache-id`, which is not documented,
//! is refused. What is not documented: which text of a prompt is embedded (here all of its messages), that APIs do not
//! share answers, and that requests for a stream pass. An embeddings backend that fails is a 500.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::StatusCode;
use serde_json::{Value as Json, json};

use super::ask::Question;
use super::backend_id::BackendId;
use super::{
    Attribute, Child, Content, Definition, Example, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES,
    Occurs, ValueKind,
};
use crate::body::Body;
use crate::context::{Exchange, Meant};
use crate::dialog;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::state::{Entry, Vector};
use crate::value::{Typed, Value, boolean, integer};

/// What the token of the service's identity is for.
const RESOURCE: &str = "https://cognitiveservices.azure.com";
/// How many numbers a vector may have.
const DIMENSIONS: usize = 8_192;

/// The row.
pub static DEFINITION: Definition = ROW;

/// The same for the older name.
pub const ROW: Definition = Definition {
    name: "llm-semantic-cache-lookup",
    summary: "Answers from the cache when a prompt means the same as one before.",
    sections: &[Section::Inbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::required(
            "score-threshold",
            "How near the meaning must be; less is nearer.",
            ValueKind::Number,
        ),
        Attribute::required("embeddings-backend-id", "The backend that makes vectors.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "embeddings-backend-auth",
            "How it is called.",
            ValueKind::OneOf(&["system-assigned", "header"]),
        )
        .or_else("system-assigned"),
        Attribute::optional(
            "ignore-system-messages",
            "Whether messages of the system count.",
            ValueKind::Text,
        )
        .or_expression()
        .or_else("false"),
        Attribute::optional("cache-id", "Which cache.", ValueKind::Text).or_expression().but_not(&["*"]),
        Attribute::optional("max-message-count", "How many messages count.", ValueKind::Text).or_expression(),
    ],
    content: Content::Children(&[Child::new("vary-by", Occurs::Repeated, Content::Text)]),
    fidelity: Fidelity::Approximate("no external cache; the text that is embedded is the sandbox's choice"),
    examples: &[
        Example {
            title: "what says nothing to a model passes",
            section: Section::Inbound,
            fragment: "<base /><llm-semantic-cache-lookup score-threshold=\"0.05\" embeddings-backend-id=\"embeddings\" \
                       embeddings-backend-auth=\"system-assigned\"><vary-by>@(context.Subscription?.Id)</vary-by>\
                       </llm-semantic-cache-lookup>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a prompt goes to the embeddings backend, which must answer with a vector",
            section: Section::Inbound,
            fragment: "<set-body>{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}</set-body>\
                       <llm-semantic-cache-lookup score-threshold=\"0.05\" embeddings-backend-id=\"embeddings\" \
                       embeddings-backend-auth=\"system-assigned\" ignore-system-messages=\"true\" max-message-count=\"10\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[
                "POST /embeddings HTTP/1.1",
                "authorization: Bearer own@https://cognitiveservices.azure.com",
                "content-length: 17",
            ],
            answer: &["HTTP/1.1 200 OK"],
            response: &[
                "HTTP/1.1 500 Internal Server Error",
                "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \
                 \"00000000-0000-0000-0000-000000000001\" }",
            ],
        },
    ],
    compile,
};

struct SemanticCacheLookup {
    policy: &'static str,
    threshold: Typed<f32>,
    backend: BackendId,
    resource: Option<&'static str>,
    ignores_system: Typed<bool>,
    most: Option<Typed<i64>>,
    partition: Vec<Value>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let backend = compiler.backend(element, "embeddings-backend-id").ok_or_else(|| {
        compiler.problem(
            codes::MISSING,
            element,
            "The required attribute 'embeddings-backend-id' is missing.",
        )
    })?;
    let by_header = element.attribute("embeddings-backend-auth") == Some("header");
    let ignores_system = compiler.typed(element, "ignore-system-messages", boolean);
    Ok(Step::Wait(Box::new(SemanticCacheLookup {
        policy: super::find(&element.name).map_or(DEFINITION.name, |row| row.name),
        threshold: compiler.required(element, "score-threshold", score),
        backend,
        resource: (!by_header).then_some(RESOURCE),
        ignores_system: ignores_system.unwrap_or(Typed::Fixed(false)),
        most: compiler.typed(element, "max-message-count", integer),
        partition: element.elements().map(|vary_by| compiler.content(vary_by)).collect(),
    })))
}

impl Wait for SemanticCacheLookup {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.look_up(exchange))
    }
}

impl SemanticCacheLookup {
    async fn look_up(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.collect_request().await?;
        let Some(prompt) = self.prompt(exchange)? else { return Ok(Flow::Continue) };
        let meant = self.meant(exchange, &prompt).await?;
        let now = exchange.gateway.clock.now().unix_millis();
        let known = exchange.gateway.state.vectors().partition(&meant.partition, now);
        let nearest = Entry::nearest(&known, &meant.vector);
        if let (Some(recorder), Some((_, distance))) = (&mut exchange.recorder, nearest) {
            recorder.message(&format!("the nearest of the kept prompts is at a distance of {distance}"));
        }
        let threshold = self.threshold.get(exchange)?;
        if let Some((entry, _)) = nearest.filter(|(_, distance)| *distance <= threshold) {
            exchange.response = Some(entry.kept.response());
            return Ok(Flow::Cached);
        }
        exchange.meant = Some(Arc::new(meant));
        Ok(Flow::Continue)
    }

    /// What is said to the model, if an answer to it may be in the cache.
    fn prompt(&self, exchange: &mut Exchange) -> Result<Option<String>, LastError> {
        let Body::Full(body) = &exchange.request.body else { return Ok(None) };
        let request: Json = serde_json::from_slice(body).unwrap_or_default();
        let mut said = dialog::prompt(&request);
        if self.ignores_system.get(exchange)? {
            said.retain(|said| said.role != "system" && said.role != "developer");
        }
        let most = self.most.as_ref().map(|most| most.get(exchange)).transpose()?;
        let too_many = most.is_some_and(|most| i64::try_from(said.len()).is_ok_and(|count| count > most));
        if said.is_empty() || too_many || dialog::wants_stream(&request) {
            return Ok(None);
        }
        let texts: Vec<String> = said.into_iter().map(|said| said.text).collect();
        Ok(Some(texts.join("\n")))
    }

    /// The meaning of a prompt, and among which answers one for it may be.
    async fn meant(&self, exchange: &mut Exchange, prompt: &str) -> Result<Meant, LastError> {
        let backend = self.backend.get(exchange)?;
        let api = exchange.matched.api.as_ref().map_or("", |api| &api.name);
        let mut partition = format!("{}\n{api}\n{}", exchange.matched.service.model.id, backend.name);
        for value in &self.partition {
            partition.push('\n');
            partition.push_str(&value.text(exchange)?);
        }
        let (policy, resource) = (self.policy, self.resource);
        let question =
            Question { policy, backend: &backend, path: "", resource, body: &json!({ "input": prompt }) };
        let reply = question.ask(exchange).await?;
        let numbers = reply.body.pointer("/data/0/embedding").filter(|_| reply.status == StatusCode::OK);
        let numbers = numbers.and_then(|numbers| serde_json::from_value::<Vec<f32>>(numbers.clone()).ok());
        let vector =
            numbers.filter(|numbers| numbers.len() <= DIMENSIONS).and_then(|numbers| Vector::of(&numbers));
        let vector = vector.ok_or_else(|| {
            let status = reply.status.as_u16();
            let message =
                format!("The embeddings backend '{}' answered {status} without a vector.", backend.name);
            LastError::new(Source::Policy(policy), Reason::BackendConnectionFailure, message)
        })?;
        Ok(Meant { partition, vector })
    }
}

fn score(text: &str) -> Result<f32, String> {
    text.trim().parse().map_err(|_| "it is not a number".to_owned())
}
