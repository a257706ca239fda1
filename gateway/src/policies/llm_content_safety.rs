//! `llm-content-safety`: has Azure AI Content Safety look at prompts and answers. In inbound and outbound, at every
//! scope but operations.
//! <https://learn.microsoft.com/azure/api-management/llm-content-safety-policy>
//!
//! **Differs from Azure:** a request that is no call of a model passes. An answer that is a stream is held back until all
//! of it was looked at; then it goes on up to what must not pass. What a blocked answer says is not documented: here the
//! same as a blocked prompt. An error of the service blocks, one of the way to it is a 500.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::backend_id::BackendId;
use super::content_safety::{Check, LIMIT, Windows, blocked};
use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, Example, Fidelity, Occurs, ValueKind};
use crate::body::Body;
use crate::context::Exchange;
use crate::dialog;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Bodies, Deferred, Flow, Pending, ScopeKind, Section, Step, Wait};
use crate::tokens::is_stream;
use crate::value::{Typed, Value, boolean, integer, plain};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "llm-content-safety",
    summary: "Has Azure AI Content Safety look at prompts and answers.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api],
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("backend-id", "The backend of the service.", ValueKind::Text).or_expression(),
        Attribute::optional("shield-prompt", "Whether attacks are looked for.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "enforce-on-completions",
            "Whether answers are looked at too.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional(
            "window-size",
            "How many characters of a stream are looked at together.",
            ValueKind::Integer,
        )
        .or_expression(),
        Attribute::optional(
            "window-overlap-size",
            "How many of them are looked at twice.",
            ValueKind::Integer,
        )
        .or_expression(),
    ],
    content: Content::AnyOrder(&[
        Child {
            attributes: &[Attribute::optional(
                "output-type",
                "How fine the levels are.",
                ValueKind::OneOf(&["FourSeverityLevels", "EightSeverityLevels"]),
            )
            .or_expression()],
            ..Child::new(
                "categories",
                Occurs::AtMostOnce,
                Content::Children(&[Child::empty(
                    "category",
                    Occurs::AtLeastOnce,
                    &[
                        Attribute::required(
                            "name",
                            "The category.",
                            ValueKind::OneOf(&["Hate", "SelfHarm", "Sexual", "Violence"]),
                        )
                        .or_expression(),
                        Attribute::required("threshold", "The level that is too much.", ValueKind::Integer)
                            .or_expression(),
                    ],
                )]),
            )
        },
        Child::new(
            "blocklists",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("id", Occurs::AtLeastOnce, Content::Text)]),
        ),
    ]),
    fidelity: Fidelity::Approximate("streams are held back until they were looked at"),
    examples: &[
        Example {
            title: "a service that gives no verdict lets nothing pass",
            section: Section::Inbound,
            fragment: "<set-body>{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}</set-body>\
                       <llm-content-safety backend-id=\"safety\" shield-prompt=\"true\" enforce-on-completions=\"true\">\
                       <categories output-type=\"EightSeverityLevels\"><category name=\"Hate\" threshold=\"4\" />\
                       <category name=\"Violence\" threshold=\"4\" /></categories><blocklists><id>names</id></blocklists>\
                       </llm-content-safety>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[
                "POST /contentsafety/text:analyze?api-version=2024-09-01 HTTP/1.1",
                "api-key: key of safety",
            ],
            answer: &["HTTP/1.1 401 Unauthorized"],
            response: &[
                "HTTP/1.1 403 Forbidden",
                "{ \"statusCode\": 403, \"message\": \"Request failed content safety check.\" }",
            ],
        },
        Example {
            title: "what is no call of a model passes",
            section: Section::Inbound,
            fragment: "<base /><llm-content-safety backend-id=\"safety\" shield-prompt=\"true\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

struct ContentSafety {
    backend: BackendId,
    shield: Typed<bool>,
    on_completions: Typed<bool>,
    window: Typed<i64>,
    overlap: Typed<i64>,
    output_type: Typed<Arc<str>>,
    categories: Vec<(Typed<Arc<str>>, Typed<i64>)>,
    blocklists: Vec<Value>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let backend = compiler.backend(element, "backend-id").ok_or_else(|| {
        compiler.problem(codes::MISSING, element, "The required attribute 'backend-id' is missing.")
    })?;
    let inside = |name: &'static str| element.elements().filter(move |child| child.name == name);
    let output_type = inside("categories").find_map(|child| compiler.typed(child, "output-type", plain));
    let categories = inside("categories").flat_map(Element::elements).map(|category| {
        (compiler.required(category, "name", plain), compiler.required(category, "threshold", integer))
    });
    let categories = categories.collect();
    let blocklists =
        inside("blocklists").flat_map(Element::elements).map(|id| compiler.content(id)).collect();
    let mut is = |name: &str| compiler.typed(element, name, boolean).unwrap_or(Typed::Fixed(false));
    let (shield, on_completions) = (is("shield-prompt"), is("enforce-on-completions"));
    let mut number =
        |name: &str, usual| compiler.typed(element, name, integer).unwrap_or(Typed::Fixed(usual));
    let (window, overlap) = (number("window-size", i64::MAX), number("window-overlap-size", 0));
    Ok(Step::Wait(Box::new(ContentSafety {
        backend,
        shield,
        on_completions,
        window,
        overlap,
        output_type: output_type.unwrap_or_else(|| Typed::Fixed("FourSeverityLevels".into())),
        categories,
        blocklists,
    })))
}

impl Wait for ContentSafety {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.look(exchange))
    }
}

impl ContentSafety {
    async fn look(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let check = self.check(exchange)?;
        let windows = self.windows(exchange)?;
        if exchange.response.is_some() {
            exchange.collect_response().await?;
            return completion(&check, exchange, windows).await;
        }
        exchange.collect_request().await?;
        check.prompt(exchange, &prompt_of(exchange)).await?;
        if self.on_completions.get(exchange)? {
            let later = Deferred::waiting(Bodies::default().with_response(), move |exchange| {
                Box::pin(async move { completion(&check, exchange, windows).await })
            });
            exchange.deferred.push(later);
        }
        Ok(Flow::Continue)
    }

    fn check(&self, exchange: &mut Exchange) -> Result<Check, LastError> {
        let mut categories = Vec::new();
        for (name, threshold) in &self.categories {
            categories.push((name.get(exchange)?, threshold.get(exchange)?));
        }
        let mut blocklists = Vec::new();
        for id in &self.blocklists {
            blocklists.push(id.text(exchange)?.trim().to_owned());
        }
        Ok(Check {
            backend: self.backend.get(exchange)?,
            shield: self.shield.get(exchange)?,
            categories,
            output_type: self.output_type.get(exchange)?,
            blocklists,
        })
    }

    fn windows(&self, exchange: &mut Exchange) -> Result<Windows, LastError> {
        let size = usize::try_from(self.window.get(exchange)?).unwrap_or(1).clamp(1, LIMIT);
        let overlap = usize::try_from(self.overlap.get(exchange)?).unwrap_or(0).min(size - 1);
        Ok(Windows { size, overlap })
    }
}

fn prompt_of(exchange: &Exchange) -> String {
    let Body::Full(body) = &exchange.request.body else { return String::new() };
    let request = serde_json::from_slice(body).unwrap_or_default();
    let texts: Vec<String> = dialog::prompt(&request).into_iter().map(|said| said.text).collect();
    texts.join("\n")
}

/// Looks at the answer; a stream ends before what must not pass.
async fn completion(check: &Check, exchange: &mut Exchange, windows: Windows) -> Result<Flow, LastError> {
    let body = match exchange.response.as_ref().map(|response| &response.body) {
        Some(Body::Full(body)) => body.clone(),
        _ => return Ok(Flow::Continue),
    };
    if !is_stream(exchange) {
        let text = dialog::answer(&serde_json::from_slice(&body).unwrap_or_default());
        return match check.text(exchange, &text, windows).await? {
            Some(bad) => Err(blocked(bad.why)),
            None => Ok(Flow::Continue),
        };
    }
    let events = dialog::events(&body);
    let text: String = events.iter().map(|event| event.text.as_str()).collect();
    if let Some(bad) = check.text(exchange, &text, windows).await? {
        tracing::debug!(why = %bad.why, "a stream ends before what must not pass");
        let mut said = 0;
        let good = events.iter().take_while(|event| {
            said += event.text.chars().count();
            said <= bad.good
        });
        exchange.set_body(body.slice(..good.last().map_or(0, |event| event.end)));
    }
    Ok(Flow::Continue)
}
