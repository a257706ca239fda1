//! `set-backend-service`: sends the request to another backend than the API's. In inbound and backend, at every
//! scope. The path behind the API's path and the query stay.
//! <https://learn.microsoft.com/azure/api-management/set-backend-service-policy>
//!
//! **Differs from Azure:** only `base-url`; backend entities, Service Fabric and Dapr are refused
//! when the policy is saved.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::backend::BackendUrl;
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
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
        refused("backend-id"),
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
    fidelity: Fidelity::Approximate("only base-url"),
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
struct SetBackendService(Typed<Arc<BackendUrl>>);

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let url = compiler.typed(element, "base-url", backend_url).ok_or_else(|| {
        compiler.problem(codes::MISSING, element, "One of 'base-url' and 'backend-id' is required.")
    })?;
    Ok(Step::Act(Box::new(SetBackendService(url))))
}

impl Act for SetBackendService {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.backend = Some(self.0.get(exchange)?);
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
