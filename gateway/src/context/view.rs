//! The `context` variable: an exchange as expressions see it.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>
//!
//! **Differs from Azure:** workspaces are not modelled: `Workspace` is null.
//! `Backend` is null unless `set-backend-service` chose one by its identifier; its region is not modelled.
//! A body that was consumed cannot be read again; what Azure's exception says then is not known.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use expression::{Failure, Host, Memory, Object, Preserve, Str, Text, Type, Value};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rustls::pki_types::CertificateDer;

use super::url::{Url, strings};
use super::{Chosen, Exchange, account};
use crate::body::Body;
use crate::error::LastError;
use crate::routing::parameters;
use crate::trace::{Recorder, Wanted};

const CERTIFICATE: &str = "System.Security.Cryptography.X509Certificates.X509Certificate2";
const DICTIONARY: &str = "System.Collections.Generic.IReadOnlyDictionary";

/// The host of one evaluation: it looks at the exchange, and copies from it only what an expression keeps hold of.
pub struct Evaluation<'e> {
    exchange: &'e Exchange,
    request_body: OnceCell<Option<Arc<Content>>>,
    response_body: OnceCell<Option<Arc<Content>>>,
    traces: RefCell<Vec<String>>,
}

/// What an expression did to the request: bodies that it consumed, messages that it wrote down.
#[derive(Debug)]
pub struct Effects {
    consumed: (bool, bool),
    traces: Vec<String>,
}

/// A body that expressions may read.
#[derive(Debug)]
struct Content {
    /// `None` for one that is still on its way.
    bytes: Option<Bytes>,
    consumed: AtomicBool,
}

impl<'e> Evaluation<'e> {
    /// An evaluation for a request as it is now.
    pub fn of(exchange: &'e Exchange) -> Self {
        Self {
            exchange,
            request_body: OnceCell::new(),
            response_body: OnceCell::new(),
            traces: RefCell::default(),
        }
    }

    /// What the expression did.
    pub fn finish(self) -> Effects {
        let consumed = |content: Option<Option<Arc<Content>>>| {
            content.flatten().is_some_and(|content| content.consumed.load(Ordering::Acquire))
        };
        Effects {
            consumed: (consumed(self.request_body.into_inner()), consumed(self.response_body.into_inner())),
            traces: self.traces.into_inner(),
        }
    }

    fn headers(&self, path: &[&str]) -> Option<&HeaderMap> {
        match path {
            ["Request", "Headers"] => Some(&self.exchange.request.headers),
            ["Response", "Headers"] => self.exchange.response.as_ref().map(|response| &response.headers),
            _ => None,
        }
    }

    /// A property of `context`, however deep; `None` for one that another property has.
    fn part(&self, path: &[&'static str]) -> Option<Value> {
        let exchange = self.exchange;
        Some(match (path, &exchange.response) {
            (["Request"], _) => self.whole("IRequest", &REQUEST),
            (["Request", "Body"], _) => {
                content(self.request_body.get_or_init(|| Content::of(&exchange.request.body)).as_ref())
            }
            (["Request", "Certificate"], _) => {
                exchange.certificates.first().map_or(Value::Null, |der| certificate(der, None))
            }
            (["Request", "Headers"], _) => Value::Host(Arc::new(Headers(exchange.request.headers.clone()))),
            (["Request", "IpAddress"], _) => Value::text(&exchange.request.client.to_canonical().to_string()),
            (["Request", "MatchedParameters"], _) => matched_parameters(exchange),
            (["Request", "Method"], _) => Value::text(exchange.request.method.as_str()),
            (["Request", "OriginalUrl"], _) => Url::called(exchange).value(),
            (["Request", "Url"], _) => Url::sent(exchange).value(),
            (["Response"], Some(_)) => self.whole("IResponse", &RESPONSE),
            (["Response", "Body"], Some(response)) => {
                content(self.response_body.get_or_init(|| Content::of(&response.body)).as_ref())
            }
            (["Response", "Headers"], Some(response)) => {
                Value::Host(Arc::new(Headers(response.headers.clone())))
            }
            (["Response", "StatusCode"], Some(response)) => Value::Int(i32::from(response.status.as_u16())),
            (["Response", "StatusReason"], Some(response)) => Value::text(&response.reason_text()),
            (["Variables"], _) => Value::Host(Arc::new(Variables(Arc::clone(&exchange.variables)))),
            (["LastError"], _) => exchange.last_error.as_ref().map_or(Value::Null, last_error),
            (["GraphQL"], _) => exchange.field.clone().unwrap_or(Value::Null),
            (["Api"], _) => api(exchange),
            (["Operation"], _) => operation(exchange),
            (["Product"], _) => account::product(exchange),
            (["Subscription"], _) => account::subscription(exchange),
            // What policies ask for most often is had without the rest.
            (["Subscription", "Id"], _) => Value::text(&exchange.access.subscription.as_ref()?.name),
            (["Api", name], _) => return api_property(exchange, name),
            (["Operation", "Id"], _) => Value::text(&exchange.matched.operation.as_ref()?.name),
            (["User"], _) => account::user(exchange),
            (["Backend"], _) => backend(exchange),
            (["Deployment"], _) => deployment(exchange),
            (["Deployment", name], _) => return deployment_property(exchange, name),
            (["Elapsed"], _) => {
                let elapsed = exchange.gateway.clock.now().unix_millis() - exchange.began.unix_millis();
                Value::span(elapsed)
            }
            (["RequestId"], _) => Value::guid(exchange.id()).unwrap_or(Value::Null),
            (["Timestamp"], _) => Value::time(exchange.began.unix_millis()),
            (["Tracing"], _) => {
                let tracing = |recorder: &Recorder| recorder.wanted != Wanted::Sampled;
                Value::Bool(exchange.recorder.as_deref().is_some_and(tracing))
            }
            ([_], _) => Value::Null,
            _ => return None,
        })
    }

    /// An object with all its properties, for an expression that keeps hold of it.
    fn whole(&self, ty: &'static str, properties: &[(&'static str, &'static [&'static str])]) -> Value {
        let parts = properties.iter().map(|(name, path)| (name, self.part(path).unwrap_or(Value::Null)));
        parts.fold(Memory::new(Type::named(ty)), |memory, (name, value)| memory.with(name, value)).value()
    }
}

const REQUEST: [(&str, &[&str]); 8] = [
    ("Body", &["Request", "Body"]),
    ("Certificate", &["Request", "Certificate"]),
    ("Headers", &["Request", "Headers"]),
    ("IpAddress", &["Request", "IpAddress"]),
    ("MatchedParameters", &["Request", "MatchedParameters"]),
    ("Method", &["Request", "Method"]),
    ("OriginalUrl", &["Request", "OriginalUrl"]),
    ("Url", &["Request", "Url"]),
];

const RESPONSE: [(&str, &[&str]); 4] = [
    ("Body", &["Response", "Body"]),
    ("Headers", &["Response", "Headers"]),
    ("StatusCode", &["Response", "StatusCode"]),
    ("StatusReason", &["Response", "StatusReason"]),
];

const CONTEXT: [(&str, &[&str]); 16] = [
    ("Api", &["Api"]),
    ("Backend", &["Backend"]),
    ("Deployment", &["Deployment"]),
    ("Elapsed", &["Elapsed"]),
    ("GraphQL", &["GraphQL"]),
    ("LastError", &["LastError"]),
    ("Operation", &["Operation"]),
    ("Product", &["Product"]),
    ("Request", &["Request"]),
    ("RequestId", &["RequestId"]),
    ("Response", &["Response"]),
    ("Subscription", &["Subscription"]),
    ("Timestamp", &["Timestamp"]),
    ("Tracing", &["Tracing"]),
    ("User", &["User"]),
    ("Variables", &["Variables"]),
];

impl Effects {
    /// Does it.
    pub fn apply(self, exchange: &mut Exchange) {
        let (request, response) = self.consumed;
        if request {
            exchange.request.body = Body::Consumed;
        }
        if let (true, Some(answer)) = (response, &mut exchange.response) {
            answer.body = Body::Consumed;
        }
        for message in self.traces {
            exchange.trace(message);
        }
    }
}

impl Host for Evaluation<'_> {
    fn context(&self) -> Value {
        self.whole("IContext", &CONTEXT)
    }

    fn property(&self, path: &[&'static str]) -> Result<Value, Failure> {
        let known = (1..=path.len().min(2)).rev().find_map(|length| {
            let (head, rest) = path.split_at_checked(length)?;
            Some((self.part(head)?, rest))
        });
        let (value, rest) = known.unwrap_or_else(|| (self.context(), path));
        expression::walk(value, rest)
    }

    fn lookup(&self, path: &[&'static str], key: &Str) -> Result<Option<Value>, Failure> {
        if let Some(headers) = self.headers(path) {
            return Ok(listed(headers, &key.text()));
        }
        if let ["Variables"] = path {
            return Ok(self.exchange.variables.get(key.text().as_ref()).cloned());
        }
        match self.property(path)? {
            Value::Host(object) => Ok(object.lookup(key)),
            _ => Ok(None),
        }
    }

    fn joined(&self, path: &[&'static str], key: &Str, text: &mut Text) -> Result<bool, Failure> {
        if let Some(headers) = self.headers(path) {
            let mut found = false;
            for value in headers.get_all(key.text().as_ref()) {
                if found {
                    text.push_text(",");
                }
                text.push_text(&String::from_utf8_lossy(value.as_bytes()));
                found = true;
            }
            return Ok(found);
        }
        let found = self.lookup(path, key)?;
        if let Some(Value::Array(items)) = &found {
            expression::join(&items.lock(), text);
        }
        Ok(found.is_some())
    }

    fn now(&self) -> i64 {
        self.exchange.gateway.clock.now().unix_millis()
    }

    fn trusts(&self, certificate: &[u8]) -> bool {
        let gateway = &self.exchange.gateway;
        let mut chain = vec![CertificateDer::from(certificate)];
        chain.extend(self.exchange.certificates.iter().skip(1).cloned());
        crate::trust::trusts(&gateway.roots, &chain, gateway.clock.now().unix_seconds())
    }

    fn random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let digits = self.exchange.gateway.ids.hex(16);
            let word = u64::from_str_radix(&digits, 16).unwrap_or_default().to_le_bytes();
            for (byte, random) in chunk.iter_mut().zip(word) {
                *byte = random;
            }
        }
    }

    fn lasts(&self) {
        super::worker::hand_over();
    }

    fn trace(&self, message: &Str) {
        let mut traces = self.traces.borrow_mut();
        if traces.len() < super::TRACES {
            traces.push(message.text().into_owned());
        }
    }
}

impl Content {
    fn of(body: &Body) -> Option<Arc<Self>> {
        let (bytes, consumed) = match body {
            Body::Empty => return None,
            Body::Full(bytes) => (Some(bytes.clone()), false),
            Body::Consumed | Body::Gone | Body::Switched(_) => (None, true),
            Body::Client(_) | Body::Backend(_) | Body::Tapped(_) => (None, false),
        };
        Some(Arc::new(Self { bytes, consumed: AtomicBool::new(consumed) }))
    }
}

fn content(content: Option<&Arc<Content>>) -> Value {
    content.map_or(Value::Null, |content| Value::Host(Arc::clone(content) as Arc<dyn Object>))
}

fn dictionary(value: Type) -> Type {
    Type::generic(DICTIONARY, vec![Type::STRING, value])
}

impl Object for Content {
    fn ty(&self) -> Type {
        Type::named("IMessageBody")
    }

    fn get(&self, _: &str) -> Result<Value, Failure> {
        Ok(Value::Null)
    }

    fn read(&self, preserve: Preserve) -> Result<Vec<u8>, Failure> {
        let unreadable = |why: &str| Failure::exception("System.InvalidOperationException", why);
        if self.consumed.load(Ordering::Acquire) {
            return Err(unreadable("The message body was consumed already."));
        }
        let bytes = self.bytes.as_ref().ok_or_else(|| unreadable("The message body is not buffered."))?;
        self.consumed.store(preserve == Preserve::Nothing, Ordering::Release);
        Ok(bytes.to_vec())
    }
}

/// Headers that an expression keeps hold of.
#[derive(Debug)]
struct Headers(HeaderMap);

impl Object for Headers {
    fn ty(&self) -> Type {
        dictionary(Type::Array(Arc::new(Type::STRING)))
    }

    fn get(&self, _: &str) -> Result<Value, Failure> {
        Ok(Value::Null)
    }

    fn lookup(&self, key: &Str) -> Option<Value> {
        listed(&self.0, &key.text())
    }

    fn entries(&self) -> Vec<(Value, Value)> {
        let names = self.0.keys();
        names.map(|name| (Value::text(name.as_str()), lines(&self.0, name.as_str()))).collect()
    }
}

/// The variables that policies set.
#[derive(Debug)]
struct Variables(Arc<HashMap<Arc<str>, Value>>);

impl Object for Variables {
    fn ty(&self) -> Type {
        dictionary(Type::OBJECT)
    }

    fn get(&self, _: &str) -> Result<Value, Failure> {
        Ok(Value::Null)
    }

    fn lookup(&self, key: &Str) -> Option<Value> {
        self.0.get(key.text().as_ref()).cloned()
    }

    fn entries(&self) -> Vec<(Value, Value)> {
        self.0.iter().map(|(name, value)| (Value::text(name), value.clone())).collect()
    }
}

fn matched_parameters(exchange: &Exchange) -> Value {
    let (_, rest, query) = exchange.request.original();
    let template = exchange.matched.operation.as_ref().map_or("", |operation| &operation.url_template);
    let decoded = |text: &str| Value::text(&percent_encoding::percent_decode_str(text).decode_utf8_lossy());
    let parameters = parameters::captured(template, rest, query);
    let memory = Memory::new(dictionary(Type::STRING)).ignore_case();
    parameters.iter().fold(memory, |memory, (name, value)| memory.entry(name, decoded(value))).value()
}

fn listed(headers: &HeaderMap, name: &str) -> Option<Value> {
    headers.contains_key(name).then(|| lines(headers, name))
}

fn lines(headers: &HeaderMap, name: &str) -> Value {
    let values = headers.get_all(name).iter();
    strings(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()))
}

fn last_error(error: &LastError) -> Value {
    let optional = |text: Option<&str>| text.map_or(Value::Null, Value::text);
    Memory::new(Type::named("ILastError"))
        .with("Source", Value::text(&error.source.as_str()))
        .with("Reason", Value::text(&error.reason.text()))
        .with("Message", Value::text(&error.message))
        .with("Scope", optional(error.scope.map(crate::pipeline::ScopeKind::as_str)))
        .with("Section", optional(error.section.map(crate::pipeline::Section::as_str)))
        .with("Path", Value::text(&error.path))
        .with("PolicyId", optional(error.policy_id.as_deref()))
        .value()
}

const API: [&str; 9] = [
    "Id",
    "IsCurrentRevision",
    "Name",
    "Path",
    "Protocols",
    "Revision",
    "ServiceUrl",
    "SubscriptionKeyParameterNames",
    "Version",
];

fn api(exchange: &Exchange) -> Value {
    if exchange.matched.api.is_none() {
        return Value::Null;
    }
    let known = API.iter().filter_map(|name| Some((*name, api_property(exchange, name)?)));
    known.fold(Memory::new(Type::named("IApi")), |memory, (name, value)| memory.with(name, value)).value()
}

/// A property of `context.Api`, if there is one.
fn api_property(exchange: &Exchange, name: &str) -> Option<Value> {
    let api = exchange.matched.api.as_ref()?;
    Some(match name {
        "Id" => Value::text(&api.name),
        "IsCurrentRevision" => Value::Bool(api.current),
        "Name" => Value::text(&api.display_name),
        "Path" => Value::text(&api.path),
        "Protocols" => strings(api.schemes.iter().map(|scheme| format!("{scheme:?}").to_lowercase())),
        "Revision" => Value::text(&api.revision),
        "ServiceUrl" => {
            let service_url = api.backend.as_ref().and_then(|backend| backend.as_ref().ok());
            service_url.map_or(Value::Null, |url| Url::service(url).value())
        }
        "SubscriptionKeyParameterNames" => Memory::new(Type::named("ISubscriptionKeyParameterNames"))
            .with("Header", Value::text(&api.model.key_header))
            .with("Query", Value::text(&api.key_query))
            .value(),
        "Version" => api.version.as_ref().map_or(Value::Null, |version| Value::text(&version.name)),
        _ => return None,
    })
}

fn operation(exchange: &Exchange) -> Value {
    let Some(operation) = &exchange.matched.operation else { return Value::Null };
    Memory::new(Type::named("IOperation"))
        .with("Id", Value::text(&operation.name))
        .with("Name", Value::text(&operation.display_name))
        .with("Method", Value::text(&operation.method))
        .with("UrlTemplate", Value::text(&operation.url_template))
        .value()
}

fn backend(exchange: &Exchange) -> Value {
    let Some(Chosen { entity, .. }) = &exchange.chosen else { return Value::Null };
    Memory::new(Type::named("IBackend"))
        .with("AzureRegion", Value::Null)
        .with("Id", Value::text(&entity.name))
        .with("Type", Value::text(entity.kind()))
        .value()
}

fn certificate(der: &[u8], key: Option<&[u8]>) -> Value {
    expression::certificate(der, key).unwrap_or(Value::Null)
}

const DEPLOYMENT: [&str; 6] = ["Certificates", "Gateway", "GatewayId", "Region", "ServiceId", "ServiceName"];

fn deployment(exchange: &Exchange) -> Value {
    let known = DEPLOYMENT.iter().filter_map(|name| Some((*name, deployment_property(exchange, name)?)));
    let memory = Memory::new(Type::named("IDeployment"));
    known.fold(memory, |memory, (name, value)| memory.with(name, value)).value()
}

/// A property of `context.Deployment`: who asks for the region does not read certificates.
fn deployment_property(exchange: &Exchange, name: &str) -> Option<Value> {
    let model = &exchange.matched.service.model;
    Some(match name {
        "Certificates" => {
            let certificates = Memory::new(dictionary(Type::named(CERTIFICATE)));
            let all = model.certificates.iter().fold(certificates, |all, known| {
                let key = known.private_key.as_ref().map(apim::PrivateKey::reveal);
                all.entry(&known.name, certificate(&known.der, key))
            });
            all.value()
        }
        "Gateway" => Memory::new(Type::named("IGateway"))
            .with("Id", Value::text("managed"))
            .with("InstanceId", Value::text(&exchange.request.host))
            .with("IsManaged", Value::Bool(true))
            .value(),
        "GatewayId" => Value::text("managed"),
        "Region" => Value::text(&model.location),
        "ServiceId" => Value::text(&model.id),
        "ServiceName" => Value::text(&model.name),
        _ => return None,
    })
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
