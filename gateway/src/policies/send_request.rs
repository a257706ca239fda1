//! `send-request`: sends a request of its own and keeps the answer in a variable. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/send-request-policy>
//!
//! **Differs from Azure:** the undocumented token elements are
//! refused when the policy is saved. The answer's body can be read more than once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};

use super::authentication_certificate::AuthenticationCertificate;
use super::authentication_managed_identity::ManagedIdentity;
use super::forward_request;
use super::proxy::{Proxy, SetProxy};
use super::set_body::SetBody;
use super::set_header::SetHeader;
use super::set_method::method;
use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::Gateway;
use crate::backend::{BackendUrl, Call, Entity, HttpVersion, Session, Single};
use crate::body::Body;
use crate::context::{Exchange, Response};
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::server::hygiene;
use crate::snapshot::Service;
use crate::value::{Typed, Value, Variable, boolean, failed};

/// How long it waits for the head of an answer.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "send-request",
    summary: "Sends a request of its own and keeps the answer in a variable.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("mode", "Whether it begins as a copy.", ValueKind::OneOf(&["new", "copy"]))
            .or_expression(),
        Attribute::optional("response-variable-name", "The variable for the answer.", ValueKind::Text),
        Attribute::optional("timeout", "Seconds to wait: 60 unless given.", ValueKind::Integer)
            .or_expression(),
        Attribute::optional("ignore-error", "Goes on without an answer.", ValueKind::Boolean),
        Attribute::optional("timeout-ms", "The same in milliseconds.", ValueKind::Integer).or_expression(),
        Attribute::optional("buffer-response", "Collects the answer.", ValueKind::Boolean).or_else("true"),
        Attribute::optional("fail-on-error-status-code", "400 to 599 is a failure.", ValueKind::Boolean)
            .or_else("false"),
    ],
    content: PARTS,
    fidelity: Fidelity::Approximate("no authentication-token and authentication-token-store"),
    examples: &[
        Example {
            title: "the answer is in the variable; the request itself does not go on here",
            section: Section::Inbound,
            fragment: "<send-request mode=\"new\" response-variable-name=\"r\" timeout=\"20\" ignore-error=\"false\">\
                       <set-url>@(\"http://10.10.1.5/other?q=\" + context.Request.Method)</set-url>\
                       <set-method>POST</set-method><set-header name=\"X-A\" exists-action=\"override\">\
                       <value>1</value></set-header><set-body>hello</set-body></send-request>\
                       <return-response><set-body>@{ var r = (IResponse)context.Variables[\"r\"]; return r.StatusCode + \
                       r.Headers.GetValueOrDefault(\"x-b\", \"\") + r.Body.As<string>(); }</set-body></return-response>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["POST /other?q=GET HTTP/1.1", "host: 10.10.1.5", "x-a: 1", "content-length: 5"],
            answer: &["HTTP/1.1 201 Created", "X-B: yes"],
            response: &["HTTP/1.1 200 OK", "201yesbackend"],
        },
        Example {
            title: "a failure that is ignored leaves null",
            section: Section::Inbound,
            fragment: "<base /><send-request response-variable-name=\"r\" ignore-error=\"true\">\
                       <set-url>http://10.10.1.99/</set-url></send-request><set-header name=\"X-R\"><value>\
                       @(context.Variables[\"r\"] == null ? \"null\" : \"some\")</value></set-header>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["x-r: null"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

/// The policy, and what `send-one-way-request` sends.
pub struct SendRequest {
    policy: &'static str,
    copy: Typed<bool>,
    variable: Option<Arc<str>>,
    timeout: Typed<Duration>,
    ignore_error: Typed<bool>,
    fails_on_error_status: bool,
    url: Value,
    method: Option<Typed<Method>>,
    headers: Vec<SetHeader>,
    body: Option<SetBody>,
    proxy: Option<SetProxy>,
    certificate: Option<AuthenticationCertificate>,
    identity: Option<ManagedIdentity>,
}

/// A request that is ready to be sent.
pub struct Sending {
    policy: &'static str,
    gateway: Arc<Gateway>,
    service: Arc<Service>,
    to: Arc<BackendUrl>,
    session: Session,
    /// The backend of the service that it goes to.
    single: Option<Arc<Single>>,
    proxy: Option<Arc<Proxy>>,
    request: Request<Body>,
    timeout: Duration,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Wait(Box::new(SendRequest::compile("send-request", element, compiler)?)))
}

impl SendRequest {
    /// Compiles the element.
    pub fn compile(
        policy: &'static str,
        element: &Element,
        compiler: &mut Compiler<'_>,
    ) -> Result<Self, Diagnostic> {
        let fails = element.attribute("fail-on-error-status-code");
        let mut request = Self {
            policy,
            copy: compiler.typed(element, "mode", is_copy).unwrap_or(Typed::Fixed(false)),
            variable: element.attribute("response-variable-name").map(Arc::from),
            timeout: forward_request::timeout(element, compiler, TIMEOUT)?,
            ignore_error: compiler.typed(element, "ignore-error", boolean).unwrap_or(Typed::Fixed(false)),
            fails_on_error_status: fails.is_some_and(|text| boolean(text) == Ok(true)),
            url: Value::nothing(),
            method: None,
            headers: Vec::new(),
            body: None,
            proxy: None,
            certificate: None,
            identity: None,
        };
        for child in element.elements() {
            match child.name.as_str() {
                "set-url" => request.url = compiler.content(child),
                "set-method" => request.method = Some(compiler.typed_content(child, method)),
                "set-header" => request.headers.push(SetHeader::compile(child, compiler)),
                "set-body" => request.body = Some(SetBody::compile(child, compiler)?),
                "proxy" => request.proxy = Some(SetProxy::compile(child, compiler)),
                "authentication-certificate" => {
                    request.certificate = Some(AuthenticationCertificate::compile(child, compiler)?);
                }
                "authentication-managed-identity" => {
                    request.identity = Some(ManagedIdentity::compile(child, compiler)?);
                }
                other => {
                    let message = format!("'{other}' in '{policy}' is not implemented by the sandbox yet.");
                    return Err(compiler.problem(codes::NOT_IMPLEMENTED, child, &message));
                }
            }
        }
        Ok(request)
    }

    /// Makes the request, as expressions say it now.
    pub async fn prepare(&self, exchange: &mut Exchange) -> Result<Sending, LastError> {
        if self.copy.get(exchange)? {
            exchange.collect_request().await?;
        }
        let url = self.url.text(exchange)?.into_owned();
        let (to, target) = BackendUrl::destination(url.trim()).map_err(|why| failed(&why))?;
        let mut request = self.request(exchange, &to, target)?;
        if let Some(identity) = &self.identity
            && let Some(header) = identity.header(exchange).await?
        {
            request.headers_mut().insert(AUTHORIZATION, header);
        }
        let identity = self.certificate.as_ref().map(|certificate| certificate.identity(exchange));
        let session = Session { identity: identity.transpose()?, ..Session::default() };
        let proxy = self.proxy.as_ref().map(|proxy| proxy.proxy(exchange)).transpose()?;
        if let Some(proxy) = &proxy {
            proxy.lead(&to, &mut request)?;
        }
        let timeout = self.timeout.get(exchange)?;
        let (gateway, service) = (Arc::clone(&exchange.gateway), Arc::clone(&exchange.matched.service));
        let (to, single) = (Arc::new(to), None);
        Ok(Sending { policy: self.policy, gateway, service, to, session, single, proxy, request, timeout })
    }

    async fn exchanged(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let ignore = self.ignore_error.get(exchange)?;
        let value = match self.send(exchange).await {
            Ok(response) => response.kept(),
            Err(_) if ignore => Variable::Null,
            Err(error) => return Err(error),
        };
        if let Some(name) = &self.variable {
            exchange.set_variable(name, value);
        }
        Ok(Flow::Continue)
    }

    async fn send(&self, exchange: &mut Exchange) -> Result<Response, LastError> {
        let response = self.prepare(exchange).await?.send().await?;
        let status = response.status.as_u16();
        if self.fails_on_error_status && (400..600).contains(&status) {
            let message = format!("The backend answered with status code {status}.");
            let source = Source::Policy(self.policy);
            return Err(LastError::new(source, Reason::BackendConnectionFailure, message));
        }
        Ok(response)
    }

    fn request(
        &self,
        exchange: &mut Exchange,
        to: &BackendUrl,
        target: Uri,
    ) -> Result<Request<Body>, LastError> {
        let mut headers = HeaderMap::new();
        let mut request = Request::new(Body::Empty);
        if self.copy.get(exchange)? {
            let message = &mut exchange.request;
            *request.method_mut() = message.method.clone();
            headers = message.headers.clone();
            hygiene::to_backend(&mut headers, to.host_header.clone(), message.client);
            if exchange.response.is_none() {
                *request.body_mut() = exchange.request.body.take().unwrap_or_default();
            }
        }
        if let Some(method) = &self.method {
            *request.method_mut() = method.get(exchange)?;
        }
        for header in &self.headers {
            header.evaluate(exchange)?.apply(&mut headers);
        }
        if let Some(body) = &self.body {
            *request.body_mut() = Body::full(body.evaluate(exchange)?);
        }
        // The length is that of the body that is sent.
        headers.remove(http::header::CONTENT_LENGTH);
        let host = headers.entry(HOST).or_insert_with(|| to.host_header.clone());
        if !hygiene::is_host(host) {
            return Err(failed("the header Host is no host: it takes a name and a port"));
        }
        *request.headers_mut() = headers;
        *request.uri_mut() = target;
        Ok(request)
    }
}

impl Wait for SendRequest {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.exchanged(exchange))
    }
}

impl Sending {
    /// A body to post to a URL, as a media type.
    pub fn post(
        policy: &'static str,
        exchange: &Exchange,
        (url, content_type): (&str, &'static str),
        body: Bytes,
        timeout: Duration,
    ) -> Result<Self, LastError> {
        let mut request = Request::new(Body::full(body));
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self::to(policy, exchange, url, request, timeout)
    }

    /// A request to a URL, which says who the host is and where the request goes there.
    pub fn to(
        policy: &'static str,
        exchange: &Exchange,
        url: &str,
        mut request: Request<Body>,
        timeout: Duration,
    ) -> Result<Self, LastError> {
        let (to, target) = BackendUrl::destination(url).map_err(|why| failed(&why))?;
        *request.uri_mut() = target;
        request.headers_mut().insert(HOST, to.host_header.clone());
        let (gateway, service) = (Arc::clone(&exchange.gateway), Arc::clone(&exchange.matched.service));
        let (to, session) = (Arc::new(to), Session::default());
        Ok(Self { policy, gateway, service, to, session, single: None, proxy: None, request, timeout })
    }

    /// The same to a path and query below a backend of the service, with the credentials of that.
    pub async fn post_to(
        policy: &'static str,
        exchange: &Exchange,
        (backend, path, content_type): (&Entity, &str, &'static str),
        body: Bytes,
        timeout: Duration,
    ) -> Result<Self, LastError> {
        let (gateway, service) = (Arc::clone(&exchange.gateway), Arc::clone(&exchange.matched.service));
        let named = |error: LastError| LastError { source: Source::Policy(policy), ..error };
        let single = Arc::clone(backend.next(&gateway.clock, None).map_err(named)?);
        let target = single.url.target(path, None).map_err(|error| failed(&error.to_string()))?;
        let mut request = posted(&single.url, target, content_type, body);
        single.authorize(&gateway, &mut request).await.map_err(named)?;
        let (to, session) = (Arc::clone(&single.url), single.session(&Session::default()));
        let proxy = single.proxy();
        if let Some(proxy) = &proxy {
            proxy.lead(&to, &mut request).map_err(named)?;
        }
        let single = Some(single);
        Ok(Self { policy, gateway, service, to, session, single, proxy, request, timeout })
    }

    /// The headers, for what the policy itself says there.
    pub fn headers(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }

    /// Sends it and collects the answer.
    pub async fn send(self) -> Result<Response, LastError> {
        let to = self.proxy.as_ref().map_or(&*self.to, |proxy| &proxy.url);
        let call = Call { from: self.service.place(), to, session: &self.session, version: HttpVersion::One };
        let answer = self.gateway.backend.forward(call, self.request, self.timeout).await;
        if let Some(single) = &self.single {
            single.ended(&answer, &self.gateway.clock);
        }
        let answer = answer.map_err(|error| LastError { source: Source::Policy(self.policy), ..error })?;
        let mut response = Response::from(answer);
        hygiene::to_client(&mut response.headers);
        response.collect().await?;
        Ok(response)
    }
}

fn posted(to: &BackendUrl, target: Uri, content_type: &'static str, body: Bytes) -> Request<Body> {
    let mut request = Request::new(Body::full(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target;
    request.headers_mut().insert(HOST, to.host_header.clone());
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    request
}

fn is_copy(text: &str) -> Result<bool, String> {
    match text {
        "new" => Ok(false),
        "copy" => Ok(true),
        _ => Err("it is neither 'new' nor 'copy'".to_owned()),
    }
}

/// What a request is made of.
pub const PARTS: Content = Content::Children(&[
    Child::new("set-url", Occurs::AtMostOnce, Content::Text),
    Child::new("set-method", Occurs::AtMostOnce, Content::Policy),
    Child::new("set-header", Occurs::Repeated, Content::Policy),
    Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
    Child::new("authentication-certificate", Occurs::AtMostOnce, Content::Policy),
    Child::new("authentication-token", Occurs::AtMostOnce, Content::Policy),
    Child::new("authentication-token-store", Occurs::AtMostOnce, Content::Policy),
    Child::new("authentication-managed-identity", Occurs::AtMostOnce, Content::Policy),
    Child::new("proxy", Occurs::AtMostOnce, Content::Policy),
]);
