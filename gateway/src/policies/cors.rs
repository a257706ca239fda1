//! `cors`: lets pages of other origins call. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/cors-policy>
//!
//! A preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`, where the API has no such operation) needs
//! no key and runs no other policy: the first `cors` directly in inbound that lets the call through answers it; if none
//! does, the answer is an empty 200.
//!
//! **Differs from Azure:** `terminate-unmatched-request` is `true` unless given, of which the documentation says both. A
//! preflight is answered with the policy's own lists; where it says `*`, with what was asked for.

use diagnostic::Diagnostic;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Preflight, Section, Step};
use crate::value::{Typed, boolean, integer, plain};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cors",
    summary: "Lets pages of other origins call.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("allow-credentials", "Whether cookies may be sent.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional(
            "terminate-unmatched-request",
            "Whether a call from another origin ends here.",
            ValueKind::Boolean,
        )
        .or_expression(),
    ],
    content: Content::AnyOrder(&[
        list("allowed-origins", Occurs::Once, &[Child::new("origin", Occurs::AtLeastOnce, Content::Text)]),
        Child {
            attributes: &[Attribute::optional(
                "preflight-result-max-age",
                "Seconds for which a browser remembers the answer: 0 unless given.",
                ValueKind::Unsigned,
            )
            .or_expression()],
            ..list("allowed-methods", Occurs::AtMostOnce, METHODS)
        },
        list("allowed-headers", Occurs::AtMostOnce, HEADERS),
        list("expose-headers", Occurs::AtMostOnce, HEADERS),
    ]),
    fidelity: Fidelity::Approximate("the exact lists in answers to preflights are not known"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "a call from an allowed origin",
        section: Section::Inbound,
        fragment: "<base /><cors allow-credentials=\"true\"><allowed-origins><origin>https://a.example/</origin></allowed-origins>\
                   <expose-headers><header>X-A</header><header>X-B</header></expose-headers></cors>",
        request: &["GET /api/x HTTP/1.1", "Origin: https://a.example"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &[
            "HTTP/1.1 200 OK",
            "access-control-allow-origin: https://a.example",
            "access-control-allow-credentials: true",
            "access-control-expose-headers: X-A,X-B",
            "backend",
        ],
    },
    Example {
        title: "a call from another origin ends with nothing",
        section: Section::Inbound,
        fragment: "<base /><cors><allowed-origins><origin>https://a.example</origin></allowed-origins></cors>",
        request: &["GET /api/x HTTP/1.1", "Origin: https://b.example"],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 200 OK", ""],
    },
    Example {
        title: "or goes on without the headers",
        section: Section::Inbound,
        fragment: "<base /><cors terminate-unmatched-request=\"false\"><allowed-origins>\
                   <origin>https://a.example</origin></allowed-origins></cors>",
        request: &["GET /api/x HTTP/1.1", "Origin: https://b.example"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "!access-control-allow-origin: https://b.example", "backend"],
    },
    Example {
        title: "a preflight is answered without key and backend",
        section: Section::Inbound,
        fragment: "<cors><allowed-origins><origin>*</origin></allowed-origins>\
                   <allowed-methods preflight-result-max-age=\"300\"><method>GET</method><method>PUT</method></allowed-methods>\
                   <allowed-headers><header>*</header></allowed-headers></cors><return-response />",
        request: &[
            "OPTIONS /preflight HTTP/1.1",
            "Origin: https://b.example",
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: x-a,x-b",
        ],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 200 OK",
            "access-control-allow-origin: *",
            "access-control-allow-methods: GET,PUT",
            "access-control-allow-headers: x-a,x-b",
            "access-control-max-age: 300",
            "",
        ],
    },
    Example {
        title: "a preflight that is not let through gets an empty answer",
        section: Section::Inbound,
        fragment: "<cors><allowed-origins><origin>*</origin></allowed-origins></cors>",
        request: &[
            "OPTIONS /preflight HTTP/1.1",
            "Origin: https://b.example",
            "Access-Control-Request-Method: DELETE",
        ],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 200 OK", "!access-control-allow-origin: *", ""],
    },
];

#[derive(Debug)]
struct Cors {
    credentials: Typed<bool>,
    terminate: Typed<bool>,
    origins: Vec<Typed<std::sync::Arc<str>>>,
    methods: Vec<String>,
    max_age: Option<Typed<i64>>,
    headers: Vec<String>,
    expose: Vec<String>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let part = |name: &str| element.elements().find(|child| child.name == name);
    let texts = |name: &str| -> Vec<String> {
        part(name).into_iter().flat_map(Element::elements).map(|item| item.text().trim().to_owned()).collect()
    };
    let Some(origins) = part("allowed-origins").filter(|origins| origins.elements().next().is_some()) else {
        let message = "The element 'cors' has incomplete content. List of possible elements expected: 'allowed-origins'.";
        return Err(compiler.problem(codes::ELEMENT, element, message));
    };
    let max_age = part("allowed-methods");
    let max_age = max_age.and_then(|methods| compiler.typed(methods, "preflight-result-max-age", integer));
    let cors = Cors {
        credentials: compiler.typed(element, "allow-credentials", boolean).unwrap_or(Typed::Fixed(false)),
        terminate: compiler
            .typed(element, "terminate-unmatched-request", boolean)
            .unwrap_or(Typed::Fixed(true)),
        origins: origins.elements().map(|origin| compiler.typed_content(origin, plain)).collect(),
        methods: texts("allowed-methods"),
        max_age,
        headers: texts("allowed-headers"),
        expose: texts("expose-headers"),
    };
    Ok(Step::Act(Box::new(cors)))
}

impl Act for Cors {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(origin) = exchange.request.headers.get(ORIGIN).cloned() else { return Ok(Flow::Continue) };
        match self.allowed_origin(&origin, exchange)? {
            Some(allowed) => {
                let mut headers = self.common(allowed, exchange)?;
                put(&mut headers, ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose.join(","));
                exchange.final_headers.extend(headers);
                Ok(Flow::Continue)
            }
            None if self.terminate.get(exchange)? => {
                exchange.response = Some(Response::new(StatusCode::OK));
                Ok(Flow::Respond)
            }
            None => Ok(Flow::Continue),
        }
    }

    fn preflight(&self, exchange: &mut Exchange) -> Result<Preflight, LastError> {
        if !exchange.request.is_preflight() {
            return Ok(Preflight::NotAsked);
        }
        let asked = exchange.request.headers.clone();
        let text =
            |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let origin = asked.get(ORIGIN).cloned().unwrap_or(HeaderValue::from_static(""));
        let method = text(ACCESS_CONTROL_REQUEST_METHOD);
        let wanted = text(ACCESS_CONTROL_REQUEST_HEADERS);
        let fits = self.allows_method(method) && self.allows_headers(wanted);
        let allowed = if fits { self.allowed_origin(&origin, exchange)? } else { None };
        let Some(allowed) = allowed else {
            return Ok(if self.terminate.get(exchange)? { Preflight::Refused } else { Preflight::Unmatched });
        };
        let mut response = Response::new(StatusCode::OK);
        response.headers = self.common(allowed, exchange)?;
        let any = |list: &[String]| list.iter().any(|item| item == "*");
        let methods = if any(&self.methods) || self.methods.is_empty() {
            method.to_owned()
        } else {
            self.methods.join(",")
        };
        let names = if any(&self.headers) { wanted.to_owned() } else { self.headers.join(",") };
        put(&mut response.headers, ACCESS_CONTROL_ALLOW_METHODS, &methods);
        put(&mut response.headers, ACCESS_CONTROL_ALLOW_HEADERS, &names);
        if let Some(seconds) = &self.max_age {
            put(&mut response.headers, ACCESS_CONTROL_MAX_AGE, &seconds.get(exchange)?.to_string());
        }
        Ok(Preflight::Answered(Box::new(response)))
    }
}

impl Cors {
    /// What to say about the origin, if it may call.
    fn allowed_origin(
        &self,
        origin: &HeaderValue,
        exchange: &mut Exchange,
    ) -> Result<Option<HeaderValue>, LastError> {
        let credentials = self.credentials.get(exchange)?;
        for allowed in &self.origins {
            let allowed = allowed.get(exchange)?;
            let allowed = allowed.trim().trim_end_matches('/');
            if allowed == "*" && !credentials {
                return Ok(Some(HeaderValue::from_static("*")));
            }
            if allowed == "*" || origin.as_bytes().eq_ignore_ascii_case(allowed.as_bytes()) {
                return Ok(Some(origin.clone()));
            }
        }
        Ok(None)
    }

    /// GET and POST are allowed where nothing is said.
    fn allows_method(&self, method: &str) -> bool {
        if self.methods.is_empty() {
            return matches!(method, "GET" | "POST");
        }
        self.methods.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(method))
    }

    fn allows_headers(&self, wanted: &str) -> bool {
        let allows = |name: &str| {
            self.headers.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(name))
        };
        wanted.split(',').map(str::trim).filter(|name| !name.is_empty()).all(allows)
    }

    fn common(&self, origin: HeaderValue, exchange: &mut Exchange) -> Result<HeaderMap, LastError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials.get(exchange)? {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        Ok(headers)
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::try_from(text)
        && !text.is_empty()
    {
        headers.insert(name, value);
    }
}

const METHODS: &[Child] = &[Child::new("method", Occurs::AtLeastOnce, Content::Literal)];
const HEADERS: &[Child] = &[Child::new("header", Occurs::AtLeastOnce, Content::Literal)];

const fn list(name: &'static str, occurs: Occurs, item: &'static [Child]) -> Child {
    Child::new(name, occurs, Content::Children(item))
}
