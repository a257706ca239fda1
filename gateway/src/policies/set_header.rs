//! `set-header`: gives a header of the request (inbound, backend) or of the response (outbound, on-error) a value,
//! adds one, or removes it. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/set-header-policy>
//!
//! **Differs from Azure:** a value that is no header value fails the request with an expression failure.

use diagnostic::Diagnostic;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Typed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-header",
    summary: "Sets, appends or deletes a header of the request or of the response.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("name", "The header.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "exists-action",
            "What to do when the header is there already: `override` unless given.",
            ValueKind::OneOf(&["override", "skip", "append", "delete"]),
        )
        .or_expression()
        .or_else("override"),
    ],
    content: Content::Children(&[Child::new("value", Occurs::Repeated, Content::Text)]),
    fidelity: Fidelity::Faithful,
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "an expression as a value, with quotes as C# has them",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"X-Tier\"><value>@(context.Request.Headers.GetValueOrDefault(\"X-Tier\",\"free\") + \":\" + (1 < 2 ? \"a\" : \"b\"))</value></set-header>",
        request: &["GET /api/x HTTP/1.1", "X-Tier: gold"],
        seen: &["x-tier: gold:a"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
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
        title: "the backend sees the host that is set in place of its own",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Host\"><value>@(context.Request.OriginalUrl.Host + \":8080\")</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["host: blog-apim.azure-api.net:8080"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "a host that is none fails the request",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Host\"><value>a, b</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 500 Internal Server Error",
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-000000000001\" }",
        ],
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
    name: Typed<HeaderName>,
    action: Typed<ExistsAction>,
    values: Vec<Typed<HeaderValue>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExistsAction {
    Override,
    Skip,
    Append,
    Delete,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(SetHeader::compile(element, compiler))))
}

impl SetHeader {
    /// Compiles the element, as a policy or as a part of another one.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        let name = compiler.required(element, "name", header_name);
        let action = compiler.typed(element, "exists-action", ExistsAction::read);
        let action = action.unwrap_or(Typed::Fixed(ExistsAction::Override));
        let values = element.elements().map(|value| compiler.typed_content(value, header_value)).collect();
        Self { name, action, values }
    }

    /// What it says about this request.
    pub fn evaluate(&self, exchange: &mut Exchange) -> Result<Change, LastError> {
        let (name, action) = (self.name.get(exchange)?, self.action.get(exchange)?);
        let mut values = Vec::with_capacity(self.values.len());
        if action == ExistsAction::Skip && exchange.headers().contains_key(&name) {
            return Ok(Change { name, action, values });
        }
        for value in &self.values {
            values.push(value.get(exchange)?);
        }
        Ok(Change { name, action, values })
    }
}

/// A change of a header.
#[derive(Debug)]
pub struct Change {
    name: HeaderName,
    action: ExistsAction,
    values: Vec<HeaderValue>,
}

impl Change {
    /// Changes these headers.
    pub fn apply(self, headers: &mut HeaderMap) {
        let Self { name, action, mut values } = self;
        let there = headers.contains_key(&name);
        match action {
            ExistsAction::Skip if there => return,
            ExistsAction::Append => drop(values.splice(0..0, headers.get_all(&name).iter().cloned())),
            ExistsAction::Delete => values.clear(),
            ExistsAction::Skip | ExistsAction::Override => {}
        }
        headers.remove(&name);
        for value in joined(&name, values) {
            headers.append(name.clone(), value);
        }
    }
}

impl Act for SetHeader {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        match (&self.name, &self.action, self.values.as_slice()) {
            (Typed::Fixed(name), Typed::Fixed(ExistsAction::Delete), _) => {
                exchange.headers().remove(name);
            }
            (Typed::Fixed(name), Typed::Fixed(ExistsAction::Override), [value]) => {
                let value = value.get(exchange)?;
                exchange.headers().insert(name.clone(), value);
                if *name == HOST {
                    exchange.takes_over_host();
                }
            }
            _ => {
                let change = self.evaluate(exchange)?;
                if change.name == HOST && change.action == ExistsAction::Override {
                    exchange.takes_over_host();
                }
                change.apply(exchange.headers());
            }
        }
        Ok(Flow::Continue)
    }
}

impl ExistsAction {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "override" => Ok(Self::Override),
            "skip" => Ok(Self::Skip),
            "append" => Ok(Self::Append),
            "delete" => Ok(Self::Delete),
            _ => Err("it is none of 'override', 'skip', 'append', 'delete'".to_owned()),
        }
    }
}

fn header_name(text: &str) -> Result<HeaderName, String> {
    let name = HeaderName::try_from(text.trim()).map_err(|_| "it is not a header name")?;
    if RESERVED.contains(&name.as_str()) {
        return Err("this header cannot be changed".to_owned());
    }
    Ok(name)
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::try_from(text.trim())
        .map_err(|_| "it holds characters that a header must not have".to_owned())
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
