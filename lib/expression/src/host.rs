//! What `context` is: the one door between expressions and whoever evaluates them.

use std::fmt;

use indexmap::IndexMap;

use crate::failure::Failure;
use crate::text::Str;
use crate::ty::Type;
use crate::value::Value;

/// Who evaluates an expression.
pub trait Host: Send + Sync {
    /// The `context` variable.
    fn context(&self) -> Value;
    /// The time, in milliseconds since 1970.
    fn now(&self) -> i64;
    /// Fills `bytes` at random.
    fn random(&self, bytes: &mut [u8]);
    /// Whether a certificate, in DER, is one that the host trusts.
    fn trusts(&self, certificate: &[u8]) -> bool {
        let _ = certificate;
        false
    }
    /// `context.Trace(…)`
    fn trace(&self, message: &Str) {
        let _ = message;
    }
}

/// An object of the host, such as `context.Request`.
pub trait Object: Send + Sync + fmt::Debug {
    /// Its type, such as `IRequest`.
    fn ty(&self) -> Type;

    /// A property by its name.
    fn get(&self, member: &str) -> Result<Value, Failure>;

    /// A method by its name.
    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, Failure> {
        let _ = arguments;
        Err(Failure::exception("System.MissingMethodException", format!("Method not found: '{method}'.")))
    }

    /// The content of a message body; `None` once it was consumed.
    fn read(&self, preserve: Preserve) -> Result<Vec<u8>, Failure> {
        let _ = preserve;
        Err(Failure::exception("System.NotSupportedException", "Specified method is not supported."))
    }

    /// The value of a key, for dictionaries.
    fn lookup(&self, key: &Str) -> Option<Value> {
        let _ = key;
        None
    }

    /// The keys and values, for dictionaries.
    fn entries(&self) -> Vec<(Value, Value)> {
        Vec::new()
    }
}

/// Whether a body can be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preserve {
    /// It is read again later.
    Content,
    /// It is consumed.
    Nothing,
}

/// An object in memory: named properties, or a dictionary.
#[derive(Debug, Clone)]
pub struct Memory {
    ty: Type,
    properties: IndexMap<String, Value>,
    entries: IndexMap<String, Value>,
    body: Vec<u8>,
    ignore_case: bool,
}

impl Memory {
    /// An object of the type `ty` without properties.
    pub fn new(ty: Type) -> Self {
        Self {
            ty,
            properties: IndexMap::new(),
            entries: IndexMap::new(),
            body: Vec::new(),
            ignore_case: false,
        }
    }

    /// Sets a property.
    #[must_use]
    pub fn with(mut self, property: &str, value: Value) -> Self {
        self.properties.insert(property.to_owned(), value);
        self
    }

    /// Sets the value of a key.
    #[must_use]
    pub fn entry(mut self, key: &str, value: Value) -> Self {
        let key = if self.ignore_case { key.to_lowercase() } else { key.to_owned() };
        self.entries.insert(key, value);
        self
    }

    /// Sets the content of a body.
    #[must_use]
    pub fn body(mut self, content: &[u8]) -> Self {
        self.body = content.to_vec();
        self
    }

    /// Compares keys without case, as headers do.
    #[must_use]
    pub fn ignore_case(self) -> Self {
        Self { ignore_case: true, ..self }
    }

    /// The value.
    pub fn value(self) -> Value {
        Value::Host(std::sync::Arc::new(self))
    }
}

impl Object for Memory {
    fn ty(&self) -> Type {
        self.ty.clone()
    }

    fn get(&self, member: &str) -> Result<Value, Failure> {
        Ok(self.properties.get(member).cloned().unwrap_or(Value::Null))
    }

    fn read(&self, _: Preserve) -> Result<Vec<u8>, Failure> {
        Ok(self.body.clone())
    }

    fn lookup(&self, key: &Str) -> Option<Value> {
        if self.ignore_case {
            return self.entries.get(&key.text().to_lowercase()).cloned();
        }
        self.entries.get(&*key.text()).cloned()
    }

    fn entries(&self) -> Vec<(Value, Value)> {
        self.entries.iter().map(|(key, value)| (Value::text(key), value.clone())).collect()
    }
}
