//! `validate-status-code`: compares the status of answers with the API. In outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-status-code-policy>
//!
//! **Differs from Azure:** none known.

use diagnostic::Diagnostic;

use super::shapes;
use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::validation::{self, Action, Finding, INTERNAL};
use crate::value::Typed;
use std::sync::Arc;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-status-code",
    summary: "Compares the status of answers with the API.",
    sections: &[Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "unspecified-status-code-action",
            "What happens to a status that the API does not name.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[Child::empty(
        "status-code",
        Occurs::Repeated,
        &[
            Attribute::required("code", "The status.", ValueKind::Unsigned),
            Attribute::required("action", "What happens to it.", shapes::ACTION).or_expression(),
        ],
    )]),
    fidelity: Fidelity::Faithful,
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "a status that the API does not name becomes 502",
        section: Section::Outbound,
        fragment: "<base /><validate-status-code unspecified-status-code-action=\"prevent\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 418 Teapot"],
        response: &[
            "HTTP/1.1 502 Bad Gateway",
            "{ \"statusCode\": 502, \"message\": \"The request could not be processed due to an internal error. Contact the API owner.\" }",
        ],
    },
    Example {
        title: "what is named has its own action; what is found can be read",
        section: Section::Outbound,
        fragment: "<base /><validate-status-code unspecified-status-code-action=\"prevent\" errors-variable-name=\"e\"><status-code code=\"418\" action=\"detect\" /></validate-status-code>\
                   <set-body>@(((JArray)context.Variables[\"e\"])[0][\"Details\"].ToString())</set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 418 Teapot"],
        response: &["HTTP/1.1 418 Teapot", "Response status code 418 is not allowed."],
    },
    Example {
        title: "a status that the API names passes",
        section: Section::Outbound,
        fragment: "<base /><validate-status-code unspecified-status-code-action=\"prevent\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
];

#[derive(Debug)]
struct ValidateStatusCode {
    unspecified: Typed<Action>,
    named: Vec<(u16, Typed<Action>)>,
    variable: Option<Arc<str>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let named = element.elements().filter_map(|child| {
        let code = child.attribute("code")?.trim().parse().ok()?;
        Some((code, compiler.required(child, "action", Action::read)))
    });
    let named = named.collect();
    let unspecified = compiler.required(element, "unspecified-status-code-action", Action::read);
    let variable = validation::variable(element, "errors-variable-name");
    Ok(Step::Act(Box::new(ValidateStatusCode { unspecified, named, variable })))
}

impl Act for ValidateStatusCode {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(status) = exchange.response.as_ref().map(|response| response.status.as_u16()) else {
            return Ok(Flow::Continue);
        };
        let named = self.named.iter().find(|(code, _)| *code == status);
        let declared = exchange.matched.operation.as_ref().is_some_and(|operation| {
            operation.contract.responses.iter().any(|response| response.status == status)
        });
        let action = match named {
            Some((_, action)) => action.get(exchange)?,
            None if declared => return Ok(Flow::Continue),
            None => self.unspecified.get(exchange)?,
        };
        let finding = Finding {
            name: status.to_string(),
            kind: "StatusCode",
            rule: "Unspecified",
            details: format!("Response status code {status} is not allowed."),
            public: INTERNAL.to_owned(),
            action,
        };
        validation::conclude(exchange, "validate-status-code", self.variable.as_ref(), vec![finding])
    }
}
