//! `authentication-managed-identity`: gets a token of the service's identity, for the backend or for a variable. In
//! inbound and outbound, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/authentication-managed-identity-policy>
//!
//! **Differs from Azure:** tokens come from the sandbox's own tenant. In outbound, where the documentation does not have
//! it, only the variable is of use.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::{
    Attribute, Content, Definition, Example, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES,
    ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::identity::{Wanted, bearer};
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::{Typed, Value, Variable, boolean};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "authentication-managed-identity",
    summary: "Gets a token of the service's identity, for the backend or for a variable.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::optional("resource", "The application that the token is for.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("client-id", "The user-assigned identity.", ValueKind::Text).or_expression(),
        Attribute::optional("output-token-variable-name", "The variable for the token.", ValueKind::Text),
        Attribute::optional("ignore-error", "Goes on without a token.", ValueKind::Boolean).or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "the token goes to the backend, as that of the client would",
            section: Section::Inbound,
            fragment: "<base /><authentication-managed-identity resource=\"https://vault.azure.net\" />",
            request: &["GET /api/x HTTP/1.1", "Authorization: Bearer a"],
            seen: &["authorization: Bearer own@https://vault.azure.net", "!authorization: Bearer a"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "the token of a user-assigned identity goes into a variable only",
            section: Section::Inbound,
            fragment: "<base /><authentication-managed-identity resource=\"@(\"api://\" + context.Api.Name)\" client-id=\"c\" \
                       output-token-variable-name=\"t\" /><set-header name=\"X-Token\"><value>\
                       @((string)context.Variables[\"t\"])</value></set-header>",
            request: &["GET /api/x HTTP/1.1", "Authorization: Bearer a"],
            seen: &["x-token: c@api://api", "authorization: Bearer a"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a failure that is ignored",
            section: Section::Inbound,
            fragment: "<base /><authentication-managed-identity resource=\"unknown\" ignore-error=\"true\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a request of its own carries the token",
            section: Section::Inbound,
            fragment: "<send-request response-variable-name=\"r\"><set-url>http://10.10.1.5/other</set-url>\
                       <authentication-managed-identity resource=\"api://b\" /></send-request><return-response />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /other HTTP/1.1", "authorization: Bearer own@api://b"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", ""],
        },
    ],
    compile,
};

/// How to get a token, and what to do with it.
pub struct ManagedIdentity {
    resource: Value,
    client_id: Option<Value>,
    variable: Option<Arc<str>>,
    ignore_error: Typed<bool>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Wait(Box::new(ManagedIdentity::compile(element, compiler)?)))
}

impl Wait for ManagedIdentity {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(async {
            if let Some(header) = self.header(exchange).await? {
                exchange.request.headers.insert(AUTHORIZATION, header);
            }
            Ok(Flow::Continue)
        })
    }
}

impl ManagedIdentity {
    /// Compiles the element, which stands in a section or in a request of its own.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Self, Diagnostic> {
        let resource = compiler.value(element, "resource").ok_or_else(|| {
            compiler.problem(codes::MISSING, element, "The required attribute 'resource' is missing.")
        })?;
        Ok(Self {
            resource,
            client_id: compiler.value(element, "client-id"),
            variable: element.attribute("output-token-variable-name").map(Arc::from),
            ignore_error: compiler.typed(element, "ignore-error", boolean).unwrap_or(Typed::Fixed(false)),
        })
    }

    /// Gets a token; the header for it, unless the token is for a variable or could not be had.
    pub async fn header(&self, exchange: &mut Exchange) -> Result<Option<HeaderValue>, LastError> {
        let wanted = Wanted {
            service: exchange.matched.service.model.id.clone(),
            client_id: match &self.client_id {
                Some(id) => Some(id.text(exchange)?.trim().to_owned()).filter(|id| !id.is_empty()),
                None => None,
            },
            resource: self.resource.text(exchange)?.trim().to_owned(),
        };
        let token = match exchange.gateway.identity_token(wanted).await {
            Ok(token) => token,
            Err(_) if self.ignore_error.get(exchange)? => return Ok(None),
            Err(why) => return Err(failed(&why)),
        };
        if let Some(name) = &self.variable {
            exchange.set_variable(name, Variable::text(&token));
            return Ok(None);
        }
        bearer(&token).map(Some).map_err(|why| failed(&why))
    }
}

fn failed(why: &str) -> LastError {
    let source = Source::Policy("authentication-managed-identity");
    LastError::new(source, Reason::TokenAcquisitionFailure, format!("Failed to acquire access token: {why}"))
}
