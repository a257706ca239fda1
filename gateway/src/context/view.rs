//! The `context` variable: an exchange as expressions see it.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>
//!
//! **Differs from Azure:** users, groups, workspaces and certificates are not modelled: `User` and `Workspace` are null.
//! A body that was consumed cannot be read again; what Azure's exception says then is not known.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use expression::{Failure, Host, Memory, Object, Preserve, Str, Type, Value};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sim::{Clock, Ids};

use super::url::{Url, strings};
use super::{Exchange, Match};
use crate::access::Access;
use crate::body::Body;
use crate::error::LastError;
use crate::routing::parameters;

const DICTIONARY: &str = "System.Collections.Generic.IReadOnlyDictionary";

/// What one evaluation sees.
#[derive(Debug)]
pub struct View {
    matched: Match,
    access: Access,
    gateway: String,
    request: Request,
    response: Option<Response>,
    last_error: Option<LastError>,
    variables: Arc<HashMap<Arc<str>, Value>>,
}

#[derive(Debug)]
struct Request {
    method: String,
    client: String,
    headers: HeaderMap,
    url: Url,
    original_url: Url,
    parameters: Vec<(String, String)>,
    body: Option<Arc<Content>>,
}

#[derive(Debug)]
struct Response {
    status: i32,
    reason: String,
    headers: HeaderMap,
    body: Option<Arc<Content>>,
}

/// A body that expressions may read.
#[derive(Debug)]
struct Content {
    /// `None` for one that is still on its way.
    bytes: Option<Bytes>,
    consumed: AtomicBool,
}

/// The host of one evaluation.
pub struct Evaluation {
    view: Arc<View>,
    clock: Clock,
    ids: Ids,
    traces: Mutex<Vec<String>>,
}

impl Evaluation {
    /// An evaluation for a request as it is now.
    pub fn of(exchange: &Exchange) -> Self {
        let gateway = &exchange.gateway;
        let (view, traces) = (Arc::new(View::of(exchange)), Mutex::default());
        Self { view, clock: gateway.clock.clone(), ids: gateway.ids.clone(), traces }
    }

    /// What the expression did to the request: bodies that it consumed, messages that it wrote down.
    pub fn finish(self, exchange: &mut Exchange) {
        let consumed = |content: &Option<Arc<Content>>| {
            content.as_ref().is_some_and(|content| content.consumed.load(Ordering::Acquire))
        };
        if consumed(&self.view.request.body) {
            exchange.request.body = Body::Consumed;
        }
        if let Some(response) = &mut exchange.response
            && self.view.response.as_ref().is_some_and(|seen| consumed(&seen.body))
        {
            response.body = Body::Consumed;
        }
        for message in self.traces.into_inner().unwrap_or_else(PoisonError::into_inner) {
            exchange.trace(message);
        }
    }
}

impl Host for Evaluation {
    fn context(&self) -> Value {
        Value::Host(Arc::new(Context(Arc::clone(&self.view))))
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_millis()
    }

    fn random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let digits = self.ids.hex(16);
            let word = u64::from_str_radix(&digits, 16).unwrap_or_default().to_le_bytes();
            for (byte, random) in chunk.iter_mut().zip(word) {
                *byte = random;
            }
        }
    }

    fn trace(&self, message: &Str) {
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        if traces.len() < super::TRACES {
            traces.push(message.text().into_owned());
        }
    }
}

impl View {
    fn of(exchange: &Exchange) -> Self {
        Self {
            matched: exchange.matched.clone(),
            access: exchange.access.clone(),
            gateway: exchange.request.host.clone(),
            request: Request::of(exchange),
            response: exchange.response.as_ref().map(|response| Response {
                status: i32::from(response.status.as_u16()),
                reason: response.reason_text(),
                headers: response.headers.clone(),
                body: Content::of(&response.body),
            }),
            last_error: exchange.last_error.clone(),
            variables: Arc::clone(&exchange.variables),
        }
    }
}

impl Request {
    fn of(exchange: &Exchange) -> Self {
        let message = &exchange.request;
        let (_, rest, query) = message.original();
        let template = exchange.matched.operation.as_ref().map_or("", |operation| &operation.url_template);
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let parameters = parameters::captured(template, rest, query);
        Self {
            method: message.method.to_string(),
            client: message.client.to_canonical().to_string(),
            headers: message.headers.clone(),
            url: Url::sent(exchange),
            original_url: Url::called(exchange),
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), decoded(value))).collect(),
            body: Content::of(&message.body),
        }
    }
}

impl Content {
    fn of(body: &Body) -> Option<Arc<Self>> {
        let (bytes, consumed) = match body {
            Body::Empty => return None,
            Body::Full(bytes) => (Some(bytes.clone()), false),
            Body::Consumed | Body::Gone => (None, true),
            Body::Client(_) | Body::Backend(_) => (None, false),
        };
        Some(Arc::new(Self { bytes, consumed: AtomicBool::new(consumed) }))
    }
}

/// `context`
#[derive(Debug)]
struct Context(Arc<View>);

impl Object for Context {
    fn ty(&self) -> Type {
        Type::named("IContext")
    }

    fn get(&self, member: &str) -> Result<Value, Failure> {
        let view = &self.0;
        let part = |part: Part| Value::Host(Arc::new(Member(Arc::clone(view), part)));
        Ok(match member {
            "Request" => part(Part::Request),
            "Response" if view.response.is_some() => part(Part::Response),
            "Variables" => part(Part::Variables),
            "LastError" => view.last_error.as_ref().map_or(Value::Null, last_error),
            "Api" => api(view),
            "Operation" => operation(view),
            "Product" => product(view),
            "Subscription" => subscription(view),
            "Deployment" => deployment(view),
            "Tracing" => Value::Bool(false),
            _ => Value::Null,
        })
    }
}

/// A part of `context` that is looked up when it is asked for.
#[derive(Debug)]
struct Member(Arc<View>, Part);

#[derive(Debug, Clone, Copy)]
enum Part {
    Request,
    RequestHeaders,
    RequestBody,
    MatchedParameters,
    Response,
    ResponseHeaders,
    ResponseBody,
    Variables,
}

impl Member {
    fn other(&self, part: Part) -> Value {
        Value::Host(Arc::new(Self(Arc::clone(&self.0), part)))
    }

    fn headers(&self) -> Option<&HeaderMap> {
        match self.1 {
            Part::RequestHeaders => Some(&self.0.request.headers),
            Part::ResponseHeaders => self.0.response.as_ref().map(|response| &response.headers),
            _ => None,
        }
    }

    fn content(&self) -> Option<&Content> {
        match self.1 {
            Part::RequestBody => self.0.request.body.as_deref(),
            Part::ResponseBody => self.0.response.as_ref()?.body.as_deref(),
            _ => None,
        }
    }
}

impl Object for Member {
    fn ty(&self) -> Type {
        let dictionary = |value| Type::generic(DICTIONARY, vec![Type::STRING, value]);
        match self.1 {
            Part::Request => Type::named("IRequest"),
            Part::Response => Type::named("IResponse"),
            Part::RequestBody | Part::ResponseBody => Type::named("IMessageBody"),
            Part::RequestHeaders | Part::ResponseHeaders => dictionary(Type::Array(Arc::new(Type::STRING))),
            Part::MatchedParameters => dictionary(Type::STRING),
            Part::Variables => dictionary(Type::OBJECT),
        }
    }

    fn get(&self, member: &str) -> Result<Value, Failure> {
        let request = &self.0.request;
        Ok(match (self.1, member, &self.0.response) {
            (Part::Request, "Body", _) if request.body.is_some() => self.other(Part::RequestBody),
            (Part::Request, "Headers", _) => self.other(Part::RequestHeaders),
            (Part::Request, "IpAddress", _) => Value::text(&request.client),
            (Part::Request, "MatchedParameters", _) => self.other(Part::MatchedParameters),
            (Part::Request, "Method", _) => Value::text(&request.method),
            (Part::Request, "OriginalUrl", _) => request.original_url.value(),
            (Part::Request, "Url", _) => request.url.value(),
            (Part::Response, "Body", Some(response)) if response.body.is_some() => {
                self.other(Part::ResponseBody)
            }
            (Part::Response, "Headers", _) => self.other(Part::ResponseHeaders),
            (Part::Response, "StatusCode", Some(response)) => Value::Int(response.status),
            (Part::Response, "StatusReason", Some(response)) => Value::text(&response.reason),
            _ => Value::Null,
        })
    }

    fn read(&self, preserve: Preserve) -> Result<Vec<u8>, Failure> {
        let unreadable = |why: &str| Failure::exception("System.InvalidOperationException", why);
        let content = self.content().ok_or_else(|| unreadable("There is no message body."))?;
        if content.consumed.load(Ordering::Acquire) {
            return Err(unreadable("The message body was consumed already."));
        }
        let bytes = content.bytes.as_ref().ok_or_else(|| unreadable("The message body is not buffered."))?;
        content.consumed.store(preserve == Preserve::Nothing, Ordering::Release);
        Ok(bytes.to_vec())
    }

    fn lookup(&self, key: &Str) -> Option<Value> {
        let key = key.text();
        match self.1 {
            Part::Variables => self.0.variables.get(key.as_ref()).cloned(),
            Part::MatchedParameters => {
                let mut parameters = self.0.request.parameters.iter();
                parameters
                    .find(|(name, _)| name.eq_ignore_ascii_case(&key))
                    .map(|(_, value)| Value::text(value))
            }
            _ => {
                let headers = self.headers()?;
                headers.contains_key(key.as_ref()).then(|| lines(headers, &key))
            }
        }
    }

    fn entries(&self) -> Vec<(Value, Value)> {
        match self.1 {
            Part::Variables => {
                self.0.variables.iter().map(|(name, value)| (Value::text(name), value.clone())).collect()
            }
            Part::MatchedParameters => {
                let parameters = self.0.request.parameters.iter();
                parameters.map(|(name, value)| (Value::text(name), Value::text(value))).collect()
            }
            _ => {
                let headers = self.headers().into_iter().flat_map(|headers| {
                    headers.keys().map(|name| (Value::text(name.as_str()), lines(headers, name.as_str())))
                });
                headers.collect()
            }
        }
    }
}

fn lines(headers: &HeaderMap, name: &str) -> Value {
    let values = headers.get_all(name).iter();
    strings(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()))
}

fn last_error(error: &LastError) -> Value {
    let optional = |text: Option<&str>| text.map_or(Value::Null, Value::text);
    Memory::new(Type::named("ILastError"))
        .with("Source", Value::text(&error.source.as_str()))
        .with("Reason", Value::text(&format!("{:?}", error.reason)))
        .with("Message", Value::text(&error.message))
        .with("Scope", optional(error.scope.map(crate::pipeline::ScopeKind::as_str)))
        .with("Section", optional(error.section.map(crate::pipeline::Section::as_str)))
        .with("Path", Value::text(&error.path))
        .with("PolicyId", optional(error.policy_id.as_deref()))
        .value()
}

fn api(view: &View) -> Value {
    let Some(api) = &view.matched.api else { return Value::Null };
    let schemes = api.schemes.iter().map(|scheme| format!("{scheme:?}").to_lowercase());
    let names = Memory::new(Type::named("ISubscriptionKeyParameterNames"))
        .with("Header", Value::text(&api.key_header_text))
        .with("Query", Value::text(&api.key_query));
    let service_url = api.backend.as_ref().and_then(|backend| backend.as_ref().ok());
    Memory::new(Type::named("IApi"))
        .with("Id", Value::text(&api.name))
        .with("Name", Value::text(&api.display_name))
        .with("Path", Value::text(&api.path))
        .with("Revision", Value::text(&api.revision))
        .with("IsCurrentRevision", Value::Bool(true))
        .with("Protocols", strings(schemes))
        .with("ServiceUrl", service_url.map_or(Value::Null, |url| Url::service(url).value()))
        .with("SubscriptionKeyParameterNames", names.value())
        .value()
}

fn operation(view: &View) -> Value {
    let Some(operation) = &view.matched.operation else { return Value::Null };
    Memory::new(Type::named("IOperation"))
        .with("Id", Value::text(&operation.name))
        .with("Name", Value::text(&operation.display_name))
        .with("Method", Value::text(&operation.method))
        .with("UrlTemplate", Value::text(&operation.url_template))
        .value()
}

fn product(view: &View) -> Value {
    let Some(product) = &view.access.product else { return Value::Null };
    Memory::new(Type::named("IProduct"))
        .with("Id", Value::text(&product.name))
        .with("Name", Value::text(&product.display_name))
        .with("SubscriptionRequired", Value::Bool(product.subscription_required))
        .with("ApprovalRequired", Value::Bool(false))
        .with("State", Value::Enum("ProductState", 1))
        .with("Groups", Value::array(Type::named("IGroup"), Vec::new()))
        .value()
}

fn subscription(view: &View) -> Value {
    let Some(subscription) = &view.access.subscription else { return Value::Null };
    let primary = subscription.primary_key.reveal();
    Memory::new(Type::named("ISubscription"))
        .with("Id", Value::text(&subscription.name))
        .with("Name", Value::text(&subscription.display_name))
        .with("Key", Value::text(primary))
        .with("PrimaryKey", Value::text(primary))
        .with("SecondaryKey", Value::text(subscription.secondary_key.reveal()))
        .value()
}

fn deployment(view: &View) -> Value {
    let model = &view.matched.service.model;
    let gateway = Memory::new(Type::named("IGateway"))
        .with("Id", Value::text("managed"))
        .with("InstanceId", Value::text(&view.gateway))
        .with("IsManaged", Value::Bool(true));
    Memory::new(Type::named("IDeployment"))
        .with("Gateway", gateway.value())
        .with("GatewayId", Value::text("managed"))
        .with("Region", Value::text(&model.location))
        .with("ServiceId", Value::text(&model.id))
        .with("ServiceName", Value::text(&model.name))
        .value()
}

impl super::Response {
    /// The response as a variable keeps it, once its body is collected.
    pub fn kept(&self) -> Value {
        let texts = Type::Array(Arc::new(Type::STRING));
        let dictionary = Memory::new(Type::generic(DICTIONARY, vec![Type::STRING, texts])).ignore_case();
        let headers = self.headers.keys().fold(dictionary, |memory, name| {
            memory.entry(name.as_str(), lines(&self.headers, name.as_str()))
        });
        let body = match &self.body {
            Body::Full(bytes) => Memory::new(Type::named("IMessageBody")).body(bytes).value(),
            _ => Value::Null,
        };
        Memory::new(Type::named("IResponse"))
            .with("StatusCode", Value::Int(i32::from(self.status.as_u16())))
            .with("StatusReason", Value::text(&self.reason_text()))
            .with("Headers", headers.value())
            .with("Body", body)
            .value()
    }
    /// The response that a variable keeps; `None` if it keeps something else.
    pub fn from_kept(value: &Value) -> Option<Self> {
        let Value::Host(kept) = value else { return None };
        let Value::Int(status) = kept.get("StatusCode").ok()? else { return None };
        let mut response = Self::new(StatusCode::from_u16(u16::try_from(status).ok()?).ok()?);
        if let Ok(Value::Host(headers)) = kept.get("Headers") {
            for (name, values) in headers.entries() {
                let (Value::String(name), Value::Array(values)) = (name, values) else { continue };
                let Ok(name) = HeaderName::try_from(name.text().as_ref()) else { continue };
                for value in values.lock().iter() {
                    let Value::String(value) = value else { continue };
                    let value = HeaderValue::try_from(value.text().as_ref());
                    response.headers.extend(value.ok().map(|value| (name.clone(), value)));
                }
            }
        }
        response.headers.remove(CONTENT_LENGTH);
        if let Ok(Value::Host(body)) = kept.get("Body") {
            response.body = Body::full(Bytes::from(body.read(Preserve::Content).ok()?));
        }
        Some(response)
    }
}
