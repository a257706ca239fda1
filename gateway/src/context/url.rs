//! URLs as expressions see them.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>

use std::sync::Arc;

use expression::{Failure, Memory, Object, Type, Value};

use super::Exchange;
use crate::backend::BackendUrl;

/// A URL, taken apart.
#[derive(Debug, Clone)]
pub struct Url {
    scheme: &'static str,
    host: String,
    port: u16,
    path: String,
    query: Option<String>,
}

impl Url {
    /// Where the request goes as it is now.
    pub fn sent(exchange: &Exchange) -> Self {
        let message = &exchange.request;
        let Some(backend) = &exchange.backend else { return Self::called(exchange) };
        let target = backend.target(message.remainder(), None).map(|uri| uri.path().to_owned());
        Self { path: target.unwrap_or_default(), query: message.query.clone(), ..Self::service(backend) }
    }

    /// What the client called.
    pub fn called(exchange: &Exchange) -> Self {
        let message = &exchange.request;
        let (path, _, query) = message.original();
        let (scheme, port) = if exchange.tls { ("https", 443) } else { ("http", 80) };
        let (path, query) = (path.to_owned(), query.map(str::to_owned));
        Self { scheme, host: message.host.clone(), port, path, query }
    }

    /// A backend's URL.
    pub fn service(backend: &BackendUrl) -> Self {
        let host = backend.host_header.to_str().unwrap_or_default();
        let host = host
            .rsplit_once(':')
            .filter(|(_, port)| port.parse::<u16>().is_ok())
            .map_or(host, |(host, _)| host);
        let path = backend.target("", None).map(|uri| uri.path().to_owned()).unwrap_or_default();
        let scheme = if backend.tls { "https" } else { "http" };
        Self { scheme, host: host.to_owned(), port: backend.port, path, query: None }
    }

    /// It as a value.
    pub fn value(&self) -> Value {
        Value::Host(Arc::new(self.clone()))
    }

    fn text(&self) -> String {
        let Self { scheme, host, port, path, .. } = self;
        let usual = matches!((*scheme, *port), ("http", 80) | ("https", 443));
        let port = if usual { String::new() } else { format!(":{port}") };
        format!("{scheme}://{host}{port}{path}{}", self.query_string())
    }

    fn query_string(&self) -> String {
        self.query.as_ref().map_or_else(String::new, |query| format!("?{query}"))
    }

    fn query(&self) -> Value {
        let ty = Type::generic(
            "System.Collections.Generic.IReadOnlyDictionary",
            vec![Type::STRING, Type::Array(Arc::new(Type::STRING))],
        );
        let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes()) {
            match grouped.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some((_, values)) => values.push(value.into_owned()),
                None => grouped.push((name.into_owned(), vec![value.into_owned()])),
            }
        }
        let parameters = grouped.into_iter();
        parameters
            .fold(Memory::new(ty).ignore_case(), |memory, (name, values)| {
                memory.entry(&name, strings(values.into_iter()))
            })
            .value()
    }
}

impl Object for Url {
    fn ty(&self) -> Type {
        Type::named("IUrl")
    }

    fn get(&self, member: &str) -> Result<Value, Failure> {
        Ok(match member {
            "Host" => Value::text(&self.host),
            "Path" => Value::text(&self.path),
            "Port" => Value::text(&self.port.to_string()),
            "Query" => self.query(),
            "QueryString" => Value::text(&self.query_string()),
            "Scheme" => Value::text(self.scheme),
            _ => Value::Null,
        })
    }

    fn call(&self, method: &str, _: &[Value]) -> Result<Value, Failure> {
        match method {
            "ToString" => Ok(Value::text(&self.text())),
            _ => Err(Failure::exception(
                "System.MissingMethodException",
                format!("Method not found: '{method}'."),
            )),
        }
    }
}

/// An array of strings.
pub fn strings(texts: impl Iterator<Item = String>) -> Value {
    Value::array(Type::STRING, texts.map(|text| Value::text(&text)).collect())
}
