//! `proxy`: reaches the backend through an HTTP proxy. In inbound, at every scope, and in `send-request`.
//! <https://learn.microsoft.com/azure/api-management/proxy-policy>
//!
//! **Differs from Azure:** backends over `http` only; what they get over `https` would need a tunnel.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use diagnostic::Diagnostic;
use http::header::PROXY_AUTHORIZATION;
use http::{HeaderValue, Request, Uri};

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::backend::BackendUrl;
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::{Value, failed};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "proxy",
    summary: "Reaches the backend through an HTTP proxy.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("url", "The proxy.", ValueKind::Text).or_expression(),
        Attribute::optional("username", "The user name.", ValueKind::Text).or_expression(),
        Attribute::optional("password", "The password.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("backends over http only"),
    examples: &[
        Example {
            title: "the proxy gets the whole URL, and who asks",
            section: Section::Inbound,
            fragment: "<base /><set-backend-service base-url=\"http://backend.example:8080/a\" />\
                       <proxy url=\"http://10.10.1.5\" username=\"user\" password=\"secret\" />",
            request: &["GET /api/x?y=1 HTTP/1.1"],
            seen: &[
                "GET http://backend.example:8080/a/x?y=1 HTTP/1.1",
                "host: backend.example:8080",
                "proxy-authorization: Basic dXNlcjpzZWNyZXQ=",
            ],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "in a request of the policy's own",
            section: Section::Inbound,
            fragment: "<send-request response-variable-name=\"r\"><set-url>http://backend.example/a</set-url>\
                       <proxy url=\"@(\"http://10.10.1.5\")\" /></send-request>\
                       <return-response><set-body>@(((IResponse)context.Variables[\"r\"]).Body.As<string>())</set-body></return-response>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET http://backend.example/a HTTP/1.1", "!proxy-authorization: Basic Og=="],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

/// A proxy and how to speak to it.
pub struct Proxy {
    /// Where it is.
    pub url: BackendUrl,
    authorization: Option<HeaderValue>,
}

/// The policy.
pub struct SetProxy {
    url: Value,
    username: Option<Value>,
    password: Option<Value>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(SetProxy::compile(element, compiler))))
}

impl SetProxy {
    /// Compiles the element, also in `send-request`.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        Self {
            url: compiler.value(element, "url").unwrap_or_else(Value::nothing),
            username: compiler.value(element, "username"),
            password: compiler.value(element, "password"),
        }
    }

    /// The proxy for this request.
    pub fn proxy(&self, exchange: &mut Exchange) -> Result<Arc<Proxy>, LastError> {
        let url = self.url.text(exchange)?.into_owned();
        let mut text = |value: &Option<Value>| -> Result<Option<String>, LastError> {
            value.as_ref().map(|value| Ok(value.text(exchange)?.into_owned())).transpose()
        };
        let (name, password) = (text(&self.username)?, text(&self.password)?.unwrap_or_default());
        let login = name.as_deref().map(|name| (name, password.as_str()));
        Proxy::new(&url, login).map(Arc::new).map_err(|why| failed(&why))
    }
}

impl Act for SetProxy {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.proxy = Some(self.proxy(exchange)?);
        Ok(Flow::Continue)
    }
}

impl Proxy {
    /// The proxy at a URL, and the name and password for it.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the URL, or with the name.
    pub fn new(url: &str, login: Option<(&str, &str)>) -> Result<Self, String> {
        let authorization = |(name, password): (&str, &str)| {
            let encoded = BASE64_STANDARD.encode(format!("{name}:{password}"));
            let mut value = HeaderValue::try_from(format!("Basic {encoded}"))?;
            value.set_sensitive(true);
            Ok(value)
        };
        let authorization = login.map(authorization).transpose();
        let wrong = |error: http::header::InvalidHeaderValue| error.to_string();
        Ok(Self { url: BackendUrl::parse(url)?, authorization: authorization.map_err(wrong)? })
    }

    /// Makes a request to a backend one to the proxy.
    ///
    /// # Errors
    /// The backend wants TLS.
    pub fn lead(&self, to: &BackendUrl, request: &mut Request<Body>) -> Result<(), LastError> {
        if to.tls {
            let message = "The policy 'proxy' is not implemented by the sandbox: backends over https.";
            return Err(LastError::new(Source::Policy("proxy"), Reason::NotImplementedBySandbox, message));
        }
        let host = to.host_header.to_str().unwrap_or_default();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let target = Uri::try_from(format!("http://{host}{path}"));
        *request.uri_mut() = target.map_err(|error| failed(&error.to_string()))?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        Ok(())
    }
}

/// The password must not show.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("url", &self.url).finish_non_exhaustive()
    }
}
