//! `validate-graphql-request`: compares GraphQL requests with the schema and with rules. In inbound, at every scope but
//! operations.
//! <https://learn.microsoft.com/azure/api-management/validate-graphql-request-policy>
//!
//! **Differs from Azure:** of the schema, fields and their types count, not arguments and variables. The action `remove`, and
//! limits of complexity and of all depths together, are refused. What the messages say is not published.

use std::sync::Arc;

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::{Attribute, Child, Content, Definition, EVERY_GATEWAY, Example, Fidelity, Occurs, ValueKind};
use crate::body::Body;
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::graphql::{Document, Field, LARGEST, Operation, Request, Schema};
use crate::pipeline::{Flow, Pending, ScopeKind, Section, Step, Wait};
use crate::server::tunnel;
use crate::validation;
use crate::value::{Typed, Value, failed, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-graphql-request",
    summary: "Compares GraphQL requests with the schema and with rules.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api],
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("error-variable-name", "The variable for what was found.", ValueKind::Text),
        Attribute::optional("max-depth", "How deep a query may be: 6 unless given.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("max-size", "How many bytes it may have.", ValueKind::Text).or_expression(),
        Attribute::optional("max-total-depth", "How deep all may be together.", ValueKind::Text)
            .or_expression()
            .but_not(&["*"]),
        Attribute::optional("max-complexity", "How much it may ask for.", ValueKind::Text)
            .or_expression()
            .but_not(&["*"]),
    ],
    content: Content::Children(&[Child::new(
        "authorize",
        Occurs::AtMostOnce,
        Content::Children(&[Child::empty(
            "rule",
            Occurs::Between(1, 100),
            &[
                Attribute::required("path", "The field or type.", ValueKind::Text).or_expression(),
                Attribute::optional(
                    "action",
                    "What happens to it.",
                    ValueKind::OneOf(&["allow", "reject", "remove", "ignore"]),
                )
                .or_expression()
                .or_else("allow")
                .but_not(&["remove"]),
            ],
        )]),
    )]),
    fidelity: Fidelity::Approximate("arguments are not compared; other messages"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "a query that is too deep",
        section: Section::Inbound,
        fragment: "<base /><validate-graphql-request max-depth=\"2\" />",
        request: &["GET /api/x?query=%7Ba%7Bb%7Bc%7D%7D%7D HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "content-type: application/json",
            "{\"errors\":[{\"message\":\"The query has a depth of 3, which exceeds the maximum of 2.\"}]}",
        ],
    },
    Example {
        title: "a query that is too large",
        section: Section::Inbound,
        fragment: "<base /><validate-graphql-request max-size=\"2\" />",
        request: &["GET /api/x?query=%7Ba%7D HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{\"errors\":[{\"message\":\"The query has 3 bytes, which exceeds the maximum of 2.\"}]}",
        ],
    },
    Example {
        title: "fields that must not be asked for; the first rule that fits and is not `ignore` counts",
        section: Section::Inbound,
        fragment: "<base /><set-body>{\"query\":\"{ ok secret }\"}</set-body><validate-graphql-request><authorize><rule path=\"/Query/sec*\" action=\"ignore\" /><rule path=\"/Query/secret\" action=\"reject\" /><rule path=\"/Query\" action=\"allow\" /></authorize></validate-graphql-request>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{\"errors\":[{\"message\":\"Access to the field 'secret' of the type 'Query' is not allowed.\"}]}",
        ],
    },
    Example {
        title: "no introspection; what is found can be read",
        section: Section::Inbound,
        fragment: "<base /><validate-graphql-request error-variable-name=\"e\"><authorize><rule path=\"/__*\" action=\"reject\" /></authorize></validate-graphql-request>",
        request: &["GET /api/x?query=%7B__schema%7Btypes%7Bname%7D%7D%7D HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{\"errors\":[{\"message\":\"Access to the field '__schema' of the type 'Query' is not allowed.\"}]}",
        ],
    },
    Example {
        title: "a query that is allowed passes",
        section: Section::Inbound,
        fragment: "<base /><set-body>{\"query\":\"query A { ok } query B { no }\",\"operationName\":\"A\"}</set-body><validate-graphql-request error-variable-name=\"e\" max-size=\"1000\"><authorize><rule path=\"/Query/no\" action=\"reject\" /><rule path=\"/__*\" action=\"reject\" /></authorize></validate-graphql-request>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &["PUT /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
];

/// The variable that always holds what was found.
const ERRORS: &str = "GraphQLErrors";
/// How many fields a query may ask for.
const FIELDS: usize = 250;
/// How many errors are told.
const TOLD: usize = 20;

#[derive(Debug)]
struct ValidateGraphqlRequest {
    variable: Option<Arc<str>>,
    max_size: Option<Typed<i64>>,
    max_depth: Option<Typed<i64>>,
    rules: Vec<(Value, Typed<Verdict>)>,
}

/// What a rule says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allow,
    Reject,
    Ignore,
}

impl Verdict {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "allow" => Ok(Self::Allow),
            "reject" => Ok(Self::Reject),
            "ignore" => Ok(Self::Ignore),
            "remove" => Err("the sandbox does not remove fields".to_owned()),
            _ => Err("it is none of 'allow', 'reject', 'ignore'".to_owned()),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut rules = Vec::new();
    for rule in element.elements().flat_map(Element::elements) {
        let path = compiler.value(rule, "path").unwrap_or_else(Value::nothing);
        let action = compiler.typed(rule, "action", Verdict::read).unwrap_or(Typed::Fixed(Verdict::Allow));
        rules.push((path, action));
    }
    Ok(Step::Wait(Box::new(ValidateGraphqlRequest {
        variable: validation::variable(element, "error-variable-name"),
        max_size: compiler.typed(element, "max-size", integer),
        max_depth: compiler.typed(element, "max-depth", integer),
        rules,
    })))
}

impl Wait for ValidateGraphqlRequest {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.validate(exchange))
    }
}

impl ValidateGraphqlRequest {
    async fn validate(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        // A handshake asks for nothing yet; what a client subscribes to is looked at when it does.
        if tunnel::is_asked_for(&exchange.request.headers) {
            return Ok(Flow::Continue);
        }
        exchange.collect_request().await?;
        let errors = self.errors(exchange)?;
        if errors.is_empty() {
            return Ok(Flow::Continue);
        }
        let errors: Vec<_> =
            errors.into_iter().take(TOLD).map(|message| json!({ "message": message })).collect();
        let kept = expression::json(&json!(errors).to_string()).unwrap_or(expression::Value::Null);
        for name in [Some(&Arc::from(ERRORS)), self.variable.as_ref()].into_iter().flatten() {
            exchange.set_variable(name, kept.clone());
        }
        let mut response = Response::new(StatusCode::BAD_REQUEST);
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.body = Body::full(Bytes::from(json!({ "errors": errors }).to_string()));
        exchange.response = Some(response);
        Ok(Flow::Respond)
    }

    fn errors(&self, exchange: &mut Exchange) -> Result<Vec<String>, LastError> {
        let Some(Request { query, operation_name, .. }) = Request::of(&exchange.request) else {
            return Ok(vec!["The request has no query of GraphQL.".to_owned()]);
        };
        let most = match &self.max_size {
            Some(most) => usize::try_from(most.get(exchange)?).unwrap_or(0).min(LARGEST),
            None => LARGEST,
        };
        if query.len() > most {
            return Ok(vec![format!(
                "The query has {} bytes, which exceeds the maximum of {most}.",
                query.len()
            )]);
        }
        let deepest = self.max_depth.as_ref().map_or(Ok(6), |depth| depth.get(exchange))?;
        let mut rules = Vec::new();
        for (path, action) in &self.rules {
            rules.push((path.text(exchange)?.into_owned(), action.get(exchange)?));
        }
        let document = match Document::parse(&query) {
            Ok(document) => document,
            Err(why) => return Ok(vec![why]),
        };
        let Some(operation) = document.operation(operation_name.as_deref()) else {
            return Ok(vec!["The request does not say which operation is meant.".to_owned()]);
        };
        let api = exchange.matched.api.clone();
        let schema = match api.as_ref().and_then(|api| api.schemas.graphql()) {
            None => None,
            Some(Ok(schema)) => Some(schema),
            Some(Err(why)) => return Err(failed(&format!("The schema of the API cannot be read: {why}"))),
        };
        Ok(Check { schema, rules, deepest }.run(&document, operation))
    }
}

/// What a query is compared with.
struct Check<'s> {
    schema: Option<&'s Schema>,
    rules: Vec<(String, Verdict)>,
    deepest: i64,
}

impl Check<'_> {
    fn run(&self, document: &Document, operation: &Operation) -> Vec<String> {
        let root = self.schema.map_or_else(
            || Schema::default().root(&operation.kind).to_owned(),
            |schema| schema.root(&operation.kind).to_owned(),
        );
        let mut types = vec![root];
        let (mut errors, mut depth, mut count) = (Vec::new(), 0_usize, 0_usize);
        let visited = document.visit(operation, &mut |field: &Field, level, on| {
            (depth, count) = (depth.max(level), count + 1);
            types.truncate(level);
            let parent = on.map_or_else(|| types.last().cloned().unwrap_or_default(), str::to_owned);
            errors.extend(self.rejected(&parent, &field.name));
            let ty = self.schema.and_then(|schema| schema.field(&parent, &field.name));
            let known = ty.is_some() || field.name.starts_with("__");
            if !known && self.schema.is_some_and(|schema| schema.has(&parent)) {
                errors.push(format!("Cannot query field '{}' on type '{parent}'.", field.name));
            }
            types.push(ty.unwrap_or_default().to_owned());
        });
        errors.extend(visited.err());
        if i64::try_from(depth).unwrap_or(i64::MAX) > self.deepest {
            errors.push(format!(
                "The query has a depth of {depth}, which exceeds the maximum of {}.",
                self.deepest
            ));
        }
        if count > FIELDS {
            errors.push(format!("The query asks for {count} fields, which exceeds the maximum of {FIELDS}."));
        }
        errors
    }

    /// What the first rule that fits says.
    fn rejected(&self, parent: &str, field: &str) -> Option<String> {
        let mut fitting = self
            .rules
            .iter()
            .filter(|(path, verdict)| *verdict != Verdict::Ignore && fits(path, parent, field));
        let (_, verdict) = fitting.next()?;
        let message = || format!("Access to the field '{field}' of the type '{parent}' is not allowed.");
        (*verdict == Verdict::Reject).then(message)
    }
}

/// `/Type/field`, `/Type`, `/field` at the root such as `/__*`, with a star at the end of a part for anything.
fn fits(path: &str, parent: &str, field: &str) -> bool {
    let is = |pattern: &str, name: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    };
    let path = path.trim_start_matches('/');
    if let Some((ty, name)) = path.split_once('/') {
        is(ty, parent) && is(name, field)
    } else {
        is(path, parent) || (path.starts_with("__") && is(path, field))
    }
}
