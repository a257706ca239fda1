//! `set-header`: gives a header of the request (inbound, backend) or of the response (outbound, on-error) a value,
//! adds one, or removes it. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/set-header-policy>
//!
//! **Differs from Azure:** values are literal; expressions are refused when the policy is saved.

use diagnostic::Diagnostic;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    Attribute, Child, Content, Definition, EVERYWHERE, Example, Fidelity, Occurs, Presence, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-header",
    summary: "Sets, appends or deletes a header of the request or of the response.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    attributes: &[
        Attribute {
            name: "name",
            summary: "The header.",
            kind: ValueKind::Text,
            presence: Presence::Required,
            refused: &[],
        },
        Attribute {
            name: "exists-action",
            summary: "What to do when the header is there already: `override` unless given.",
            kind: ValueKind::OneOf(&["override", "skip", "append", "delete"]),
            presence: Presence::Optional,
            refused: &[],
        },
    ],
    children: &[Child { name: "value", occurs: Occurs::Repeated, attributes: &[], content: Content::Text }],
    fidelity: Fidelity::Approximate("values are literal, without expressions and named values"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "override replaces all values, several new ones are joined with a comma",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"X-A\"><value>1</value><value>2</value></set-header>",
        request: &["GET /api/x HTTP/1.1", "X-A: old", "X-A: older"],
        seen: &["x-a: 1,2", "!x-a: old", "!x-a: older"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "skip keeps what is there",
        section: Section::Inbound,
        fragment: "<set-header name=\"X-A\" exists-action=\"skip\"><value>new</value></set-header>\
                   <set-header name=\"X-B\" exists-action=\"skip\"><value>new</value></set-header>",
        request: &["GET /api/x HTTP/1.1", "X-A: old"],
        seen: &["x-a: old", "x-b: new"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "append adds to what is there; cookies stay lines of their own",
        section: Section::Outbound,
        fragment: "<base /><set-header name=\"X-A\" exists-action=\"append\"><value>2</value></set-header>\
                   <set-header name=\"Set-Cookie\" exists-action=\"append\"><value>b=2</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "X-A: 1", "Set-Cookie: a=1"],
        response: &["x-a: 1,2", "set-cookie: a=1", "set-cookie: b=2", "backend"],
    },
    Example {
        title: "delete removes every value",
        section: Section::Outbound,
        fragment: "<base /><set-header name=\"X-Powered-By\" exists-action=\"delete\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "X-Powered-By: a", "X-Powered-By: b"],
        response: &["HTTP/1.1 200 OK", "!x-powered-by: a", "!x-powered-by: b", "backend"],
    },
    Example {
        title: "on-error changes the built-in answer",
        section: Section::OnError,
        fragment: "<base /><set-header name=\"X-Failed\"><value>yes</value></set-header>",
        request: &["GET /api/no/such HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 404 Not Found",
            "x-failed: yes",
            "{ \"statusCode\": 404, \"message\": \"Resource not found\" }",
        ],
    },
];

/// Headers whose values are lines of their own, not a list.
const REPEATED: &[&str] = &[
    "cookie",
    "date",
    "expires",
    "if-modified-since",
    "if-unmodified-since",
    "last-modified",
    "proxy-authenticate",
    "retry-after",
    "set-cookie",
    "user-agent",
    "warning",
    "www-authenticate",
];

/// Headers that the gateway keeps to itself.
const RESERVED: &[&str] = &["connection", "content-length", "keep-alive", "transfer-encoding"];

/// The compiled policy.
#[derive(Debug)]
pub struct SetHeader {
    name: HeaderName,
    action: ExistsAction,
    values: Vec<HeaderValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExistsAction {
    Override,
    Skip,
    Append,
    Delete,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(SetHeader::compile(element, compiler)?)))
}

impl SetHeader {
    /// Compiles the element, as a policy or as a part of another one.
    pub fn compile(element: &Element, compiler: &Compiler<'_>) -> Result<Self, Diagnostic> {
        let text = element.attribute("name").unwrap_or_default();
        let name = HeaderName::try_from(text.trim())
            .map_err(|_| compiler.invalid_value(element, "name", "it is not a header name"))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(compiler.invalid_value(element, "name", "this header cannot be changed"));
        }
        let action = match element.attribute("exists-action") {
            Some("skip") => ExistsAction::Skip,
            Some("append") => ExistsAction::Append,
            Some("delete") => ExistsAction::Delete,
            _ => ExistsAction::Override,
        };
        let values = element.elements().map(|value| {
            HeaderValue::try_from(value.text().trim()).map_err(|_| {
                compiler.problem(
                    codes::VALUE,
                    value,
                    "The value holds characters that a header must not have.",
                )
            })
        });
        let values = joined(&name, values.collect::<Result<Vec<_>, _>>()?);
        Ok(Self { name, action, values })
    }

    /// Changes these headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        match self.action {
            ExistsAction::Skip if headers.contains_key(&self.name) => {}
            ExistsAction::Delete => drop(headers.remove(&self.name)),
            ExistsAction::Append if headers.contains_key(&self.name) => self.append(headers),
            _ => {
                headers.remove(&self.name);
                for value in &self.values {
                    headers.append(self.name.clone(), value.clone());
                }
            }
        }
    }

    fn append(&self, headers: &mut HeaderMap) {
        let there = headers.get_all(&self.name).iter().cloned();
        let values = joined(&self.name, there.chain(self.values.iter().cloned()).collect());
        headers.remove(&self.name);
        for value in values {
            headers.append(self.name.clone(), value);
        }
    }
}

impl Act for SetHeader {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        // The response once there is one, the request before.
        let headers = match &mut exchange.response {
            Some(response) => &mut response.headers,
            None => &mut exchange.request.headers,
        };
        self.apply(headers);
        Ok(Flow::Continue)
    }
}

/// Several values become one, separated by commas, unless the header is one of those that repeat.
fn joined(name: &HeaderName, values: Vec<HeaderValue>) -> Vec<HeaderValue> {
    if values.len() < 2 || REPEATED.contains(&name.as_str()) {
        return values;
    }
    let parts: Vec<&[u8]> = values.iter().map(HeaderValue::as_bytes).collect();
    match HeaderValue::from_bytes(&parts.join(&b","[..])) {
        Ok(value) => vec![value],
        Err(_) => values,
    }
}
