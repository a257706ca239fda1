//! `set-backend-service`: sends the request to another backend than the API's. In inbound and backend, at every
//! scope. The path behind the API's path and the query stay.
//! <https://learn.microsoft.com/azure/api-management/set-backend-service-policy>
//!
//! **Differs from Azure:** Service Fabric and Dapr are not executed.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::backend_id::BackendId;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::backend::BackendUrl;
use crate::context::{Chosen, Exchange};
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, ScopeKind, Section, Step};
use crate::value::Typed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-backend-service",
    summary: "Sends the request to another backend than the API's.",
    sections: &[Section::Inbound, Section::Backend],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("base-url", "The backend's URL.", ValueKind::Text).or_expression(),
        Attribute::optional("backend-id", "The backend of the service.", ValueKind::Text).or_expression(),
        refused("sf-partition-key"),
        Attribute { kind: ValueKind::OneOf(&["primary", "secondary"]), ..refused("sf-replica-type") },
        Attribute { kind: ValueKind::Boolean, ..refused("sf-resolve-condition") },
        refused("sf-service-instance-name"),
        refused("sf-listener-name"),
        refused("dapr-app-id"),
        refused("dapr-method"),
        refused("dapr-namespace"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("no Service Fabric, no Dapr"),
    examples: &[
        Example {
            title: "an expression makes the URL",
            section: Section::Inbound,
            fragment: "<base /><set-backend-service base-url=\"@(\"http://10.10.1.5/\" + context.Operation.Method)\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /GET/x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a backend of the service adds its credentials",
            section: Section::Inbound,
            fragment: "<base /><set-backend-service backend-id=\"secured\" /><set-header name=\"X-To\"><value>\
                       @(context.Backend.Id + context.Backend.Type)</value></set-header>",
            request: &["GET /api/x?y=1 HTTP/1.1", "X-Key: mine"],
            seen: &[
                "GET /secured/x?y=1&code=a%20b HTTP/1.1",
                "x-key: secret",
                "!x-key: mine",
                "authorization: Basic abc",
                "x-to: securedSingle",
            ],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "an expression names a backend that the service does not have",
            section: Section::Inbound,
            fragment: "<set-backend-service backend-id=\"@(\"none\")\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 500 Internal Server Error",
                "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \
                 \"00000000-0000-0000-0000-000000000001\" }",
            ],
        },
        Example {
            title: "base-url replaces the service URL, path and query stay",
            section: Section::Inbound,
            fragment: "<base /><set-backend-service base-url=\"http://10.10.1.5/v2/\" />",
            request: &["GET /api/x?y=1 HTTP/1.1"],
            seen: &["GET /v2/x?y=1 HTTP/1.1", "host: 10.10.1.5"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

#[derive(Debug)]
struct SetBackendService {
    to: To,
    scope: ScopeKind,
}

#[derive(Debug)]
enum To {
    Url(Typed<Arc<BackendUrl>>),
    Backend(BackendId),
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let url = compiler.typed(element, "base-url", backend_url);
    let to = match (url, compiler.backend(element, "backend-id")) {
        (Some(url), None) => To::Url(url),
        (None, Some(id)) => To::Backend(id),
        (None, None) => {
            let message = "One of 'base-url' and 'backend-id' is required.";
            return Err(compiler.problem(codes::MISSING, element, message));
        }
        (Some(_), Some(_)) => {
            let message = "Only one of 'base-url' and 'backend-id' can be used.";
            return Err(compiler.problem(codes::VALUE, element, message));
        }
    };
    Ok(Step::Act(Box::new(SetBackendService { to, scope: compiler.setting().scope })))
}

impl Act for SetBackendService {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        match &self.to {
            To::Url(url) => {
                let url = url.get(exchange)?;
                // A backend that a broader scope chose by its identifier stays.
                if exchange.chosen.as_ref().is_none_or(|chosen| chosen.scope == self.scope) {
                    (exchange.backend, exchange.chosen) = (Some(url), None);
                }
            }
            To::Backend(id) => {
                let entity = id.get(exchange)?;
                exchange.backend = entity.url().cloned();
                exchange.chosen = Some(Chosen { entity, scope: self.scope });
            }
        }
        Ok(Flow::Continue)
    }
}

fn backend_url(text: &str) -> Result<Arc<BackendUrl>, String> {
    BackendUrl::parse(text).map(Arc::new)
}

const fn refused(name: &'static str) -> Attribute {
    Attribute::optional(name, "Not implemented by the sandbox.", ValueKind::Text)
        .or_expression()
        .but_not(&["*"])
}
