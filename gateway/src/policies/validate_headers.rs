//! `validate-headers`: compares headers of answers with the API. In outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-headers-policy>
//!
//! **Differs from Azure:** schemas say what is wrong in other words than Json.NET. `Connection`, `Content-Length`, `Date`, `Server` and
//! `Transfer-Encoding` are the gateway's own and never unspecified.

use diagnostic::Diagnostic;

use std::sync::Arc;

use super::shapes;
use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::validation::{self, Given, Named, Place, check_parameter};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-headers",
    summary: "Compares headers of answers with the API.",
    sections: &[Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "specified-header-action",
            "What happens to wrong headers that the API names.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::required(
            "unspecified-header-action",
            "What happens to headers that it does not name.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[Child::empty(
        "header",
        Occurs::Repeated,
        &[
            Attribute::required("name", "The header.", ValueKind::Text).or_expression(),
            Attribute::required("action", "What happens to it.", shapes::ACTION).or_expression(),
        ],
    )]),
    fidelity: Fidelity::Approximate("schemas say what is wrong in other words than Json.NET"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "a header that the API does not name",
        section: Section::Outbound,
        fragment: "<base /><validate-headers specified-header-action=\"ignore\" unspecified-header-action=\"prevent\" errors-variable-name=\"e\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "X-More: 1"],
        response: &[
            "HTTP/1.1 502 Bad Gateway",
            "{ \"statusCode\": 502, \"message\": \"The request could not be processed due to an internal error. Contact the API owner.\" }",
        ],
    },
    Example {
        title: "what is named has its own action; what is found can be read",
        section: Section::Outbound,
        fragment: "<base /><validate-headers specified-header-action=\"detect\" unspecified-header-action=\"prevent\" errors-variable-name=\"e\"><header name=\"X-More\" action=\"ignore\" /></validate-headers>\
                   <set-body>@(((JArray)context.Variables[\"e\"])[0][\"Type\"].ToString() + ((JArray)context.Variables[\"e\"])[0][\"ValidationRule\"])</set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "X-More: 1", "X-Count: many"],
        response: &["HTTP/1.1 200 OK", "ResponseHeaderIncorrectMessage"],
    },
    Example {
        title: "headers as the API has them pass",
        section: Section::Outbound,
        fragment: "<base /><validate-headers specified-header-action=\"prevent\" unspecified-header-action=\"prevent\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "X-Count: 7"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
];

/// Headers that are the gateway's own.
const OWN: &[&str] = &["connection", "content-length", "content-type", "date", "server", "transfer-encoding"];

#[derive(Debug)]
struct ValidateHeaders {
    actions: Named,
    variable: Option<Arc<str>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let actions = Named::compile(element, ["specified-header-action", "unspecified-header-action"], compiler);
    let variable = validation::variable(element, "errors-variable-name");
    Ok(Step::Act(Box::new(ValidateHeaders { actions, variable })))
}

impl Act for ValidateHeaders {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let (Some(operation), Some(api)) = (exchange.matched.operation.clone(), exchange.matched.api.clone())
        else {
            return Ok(Flow::Continue);
        };
        let Some(response) = &exchange.response else { return Ok(Flow::Continue) };
        let status = response.status.as_u16();
        let responses = &operation.contract.responses;
        let declared = responses.iter().find(|response| response.status == status);
        let declared = declared.map_or(&[][..], |response| &*response.headers);
        let headers = &response.headers;
        let mut names: Vec<String> = headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.extend(declared.iter().map(|header| header.name.to_lowercase()));
        names.sort();
        names.dedup();
        let given: Vec<(String, Vec<String>)> = names
            .into_iter()
            .map(|name| {
                let values = headers.get_all(&name).iter();
                let values =
                    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
                (name, values)
            })
            .collect();
        let mut found = Vec::new();
        for (name, values) in &given {
            let declared = declared.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            if declared.is_none() && OWN.contains(&name.as_str()) {
                continue;
            }
            let action = self.actions.action(exchange, name, declared.is_some())?;
            let given = Given { place: Place::ResponseHeader, name, values };
            found.extend(check_parameter(given, declared, &api.schemas, action));
        }
        validation::conclude(exchange, "validate-headers", self.variable.as_ref(), found)
    }
}
