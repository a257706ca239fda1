//! `validate-parameters`: compares the parameters of requests with the API. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-parameters-policy>
//!
//! **Differs from Azure:** schemas say what is wrong in other words than Json.NET. `Host`, `Connection`, `Content-Length`,
//! `Content-Type`, `Transfer-Encoding` and the subscription key are never unspecified.

use apim::Parameter;
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
use crate::routing::parameters;
use crate::validation::{self, Given, Named, Place, check_parameter};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-parameters",
    summary: "Compares the parameters of requests with the API.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "specified-parameter-action",
            "What happens to wrong parameters that the API names.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::required(
            "unspecified-parameter-action",
            "What happens to parameters that it does not name.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[
        Child {
            attributes: &[SPECIFIED, UNSPECIFIED],
            ..Child::new("headers", Occurs::AtMostOnce, Content::Children(PARAMETERS))
        },
        Child {
            attributes: &[SPECIFIED, UNSPECIFIED],
            ..Child::new("query", Occurs::AtMostOnce, Content::Children(PARAMETERS))
        },
        Child {
            attributes: &[SPECIFIED],
            ..Child::new("path", Occurs::AtMostOnce, Content::Children(PARAMETERS))
        },
    ]),
    fidelity: Fidelity::Approximate("schemas say what is wrong in other words than Json.NET"),
    examples: EXAMPLES,
    compile,
};

const SPECIFIED: Attribute =
    Attribute::required("specified-parameter-action", "What happens to wrong ones.", shapes::ACTION)
        .or_expression();
const UNSPECIFIED: Attribute =
    Attribute::required("unspecified-parameter-action", "What happens to others.", shapes::ACTION)
        .or_expression();
const PARAMETERS: &[Child] = &[Child::empty(
    "parameter",
    Occurs::Repeated,
    &[
        Attribute::required("name", "The parameter.", ValueKind::Text).or_expression(),
        Attribute::required("action", "What happens to it.", shapes::ACTION).or_expression(),
    ],
)];

const EXAMPLES: &[Example] = &[
    Example {
        title: "a parameter that the API does not name",
        section: Section::Inbound,
        fragment: "<base /><validate-parameters specified-parameter-action=\"prevent\" unspecified-parameter-action=\"prevent\" />",
        request: &["GET /api/x?more=1 HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"Unspecified query parameter more is not allowed.\" }",
        ],
    },
    Example {
        title: "a parameter twice; the element of its kind decides",
        section: Section::Inbound,
        fragment: "<base /><validate-parameters specified-parameter-action=\"ignore\" unspecified-parameter-action=\"ignore\"><query specified-parameter-action=\"prevent\" unspecified-parameter-action=\"ignore\" /></validate-parameters>",
        request: &["GET /api/x?n=1&n=2 HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"Request cannot contain multiple values for the query parameter n.\" }",
        ],
    },
    Example {
        title: "what is named has its own action; what is found can be read",
        section: Section::Inbound,
        fragment: "<base /><validate-parameters specified-parameter-action=\"prevent\" unspecified-parameter-action=\"ignore\" errors-variable-name=\"e\"><headers specified-parameter-action=\"prevent\" unspecified-parameter-action=\"ignore\"><parameter name=\"x-n\" action=\"detect\" /></headers></validate-parameters>\
                   <set-header name=\"X-Found\"><value>@(((JArray)context.Variables[\"e\"]).Count + \" \" + ((JArray)context.Variables[\"e\"])[0][\"Name\"])</value></set-header>",
        request: &["GET /api/x?n=5 HTTP/1.1", "X-N: many"],
        seen: &["x-found: 1 x-n"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "the path, compared with its schema",
        section: Section::Inbound,
        fragment: "<base /><validate-parameters specified-parameter-action=\"ignore\" unspecified-parameter-action=\"ignore\"><path specified-parameter-action=\"prevent\" /></validate-parameters>",
        request: &["GET /api/much-too-long-a-name HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"The value of the path parameter name does not conform to the definition.\\n\\n\\\"much-too-long-a-name\\\" is longer than 10 characters Path ''.\" }",
        ],
    },
];

/// Headers that are the gateway's own.
const OWN: &[&str] = &["connection", "content-length", "content-type", "host", "transfer-encoding"];

#[derive(Debug)]
struct ValidateParameters {
    headers: Named,
    query: Named,
    path: Named,
    variable: Option<Arc<str>>,
}

/// Parameters by name, with all their values.
type Values = Vec<(String, Vec<String>)>;

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut part = |name: &str| {
        let own = element.elements().find(|child| child.name == name);
        let attributes = ["specified-parameter-action", "unspecified-parameter-action"];
        Named::compile(own.unwrap_or(element), attributes, compiler)
    };
    let (headers, query, path) = (part("headers"), part("query"), part("path"));
    let variable = validation::variable(element, "errors-variable-name");
    Ok(Step::Act(Box::new(ValidateParameters { headers, query, path, variable })))
}

impl Act for ValidateParameters {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let (Some(operation), Some(api)) = (exchange.matched.operation.clone(), exchange.matched.api.clone())
        else {
            return Ok(Flow::Continue);
        };
        let contract = &operation.contract;
        let (path_template, _) =
            operation.url_template.split_once('?').unwrap_or((&operation.url_template, ""));
        let in_path: Vec<&str> = parameters::names(path_template).collect();
        let (path, query): (Vec<Parameter>, Vec<Parameter>) = contract
            .template_parameters
            .iter()
            .cloned()
            .partition(|known| in_path.contains(&known.name.as_str()));
        let query: Vec<Parameter> =
            query.into_iter().chain(contract.query_parameters.iter().cloned()).collect();
        let parts = [
            (Place::Query, &self.query, query, given_query(exchange)),
            (Place::Path, &self.path, path, given_path(exchange, path_template)),
            (Place::RequestHeader, &self.headers, contract.headers.to_vec(), given_headers(exchange)),
        ];
        let mut found = Vec::new();
        for (place, actions, declared, mut given) in parts {
            for missing in &declared {
                if !given.iter().any(|(name, _)| name.eq_ignore_ascii_case(&missing.name)) {
                    given.push((missing.name.clone(), Vec::new()));
                }
            }
            for (name, values) in &given {
                let known = declared.iter().find(|known| known.name.eq_ignore_ascii_case(name));
                let is_key =
                    [&api.key_query, &api.model.key_header].iter().any(|key| key.eq_ignore_ascii_case(name));
                let own = is_key || (place == Place::RequestHeader && OWN.contains(&name.as_str()));
                if known.is_none() && (own || place == Place::Path) {
                    continue;
                }
                let action = actions.action(exchange, name, known.is_some())?;
                let given = Given { place, name, values };
                found.extend(check_parameter(given, known, &api.schemas, action));
            }
        }
        validation::conclude(exchange, "validate-parameters", self.variable.as_ref(), found)
    }
}

fn add(values: &mut Values, name: &str, value: String) {
    match values.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, known)) => known.push(value),
        None => values.push((name.to_owned(), vec![value])),
    }
}

fn given_query(exchange: &Exchange) -> Values {
    let mut values = Vec::new();
    let query = exchange.request.query.as_deref().unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        add(&mut values, &name, value.into_owned());
    }
    values
}

fn given_path(exchange: &Exchange, template: &str) -> Values {
    let (_, rest, _) = exchange.request.original();
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let captured = parameters::captured(template, rest, None);
    captured.into_iter().map(|(name, value)| (name.to_owned(), vec![decoded(value)])).collect()
}

fn given_headers(exchange: &Exchange) -> Values {
    let mut values = Vec::new();
    for (name, value) in &exchange.request.headers {
        add(&mut values, name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    values
}
