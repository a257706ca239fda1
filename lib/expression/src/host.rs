//! What `context` is: the one door between expressions and whoever evaluates them.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::failure::Failure;
use crate::text::{Str, Text};
use crate::ty::Type;
use crate::value::Value;

/// Who evaluates an expression.
pub trait Host {
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
    /// `context.A.B`: the value at the end of properties.
    fn property(&self, path: &[&'static str]) -> Result<Value, Failure> {
        walk(self.context(), path)
    }

    /// `context.A.B[key]`: the value of a key in the dictionary at the end of properties.
    fn lookup(&self, path: &[&'static str], key: &Str) -> Result<Option<Value>, Failure> {
        Ok(object(&self.property(path)?)?.lookup(key))
    }

    /// The same where values are lists of strings, as headers are: appends them with commas between; `false` if the key
    /// is not there.
    fn joined(&self, path: &[&'static str], key: &Str, text: &mut Text) -> Result<bool, Failure> {
        let found = self.lookup(path, key)?;
        if let Some(Value::Array(items)) = &found {
            join(&items.lock(), text);
        }
        Ok(found.is_some())
    }

    /// The evaluation takes its time: it said so before after 20,000 steps, and says so after as many again.
    fn lasts(&self) {}

    /// `context.Trace(…)`
    fn trace(&self, message: &Str) {
        let _ = message;
    }
}

/// The value at the end of properties that begin at `value`.
pub fn walk(mut value: Value, path: &[&'static str]) -> Result<Value, Failure> {
    for name in path {
        value = object(&value)?.get(name)?;
    }
    Ok(value)
}

fn object(value: &Value) -> Result<&Arc<dyn Object>, Failure> {
    match value {
        Value::Host(object) => Ok(object),
        _ => Err(crate::failure::null_reference().into()),
    }
}

/// Strings with commas between them.
pub fn join(items: &[Value], text: &mut Text) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_text(",");
        }
        if let Value::String(item) = item {
            text.push(item);
        }
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

/// So many entries are found faster by looking at each.
const FEW: usize = 16;

/// An object in memory: named properties, or a dictionary.
#[derive(Debug, Clone)]
pub struct Memory {
    ty: Type,
    properties: Vec<(String, Value)>,
    entries: IndexMap<String, Value>,
    body: Vec<u8>,
    ignore_case: bool,
}

impl Memory {
    /// An object of the type `ty` without properties.
    pub fn new(ty: Type) -> Self {
        Self { ty, properties: Vec::new(), entries: IndexMap::new(), body: Vec::new(), ignore_case: false }
    }

    /// Sets a property.
    #[must_use]
    pub fn with(mut self, property: &str, value: Value) -> Self {
        self.properties.push((property.to_owned(), value));
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
        Value::Host(Arc::new(self))
    }
}

impl Object for Memory {
    fn ty(&self) -> Type {
        self.ty.clone()
    }

    fn get(&self, member: &str) -> Result<Value, Failure> {
        let found = self.properties.iter().find(|(name, _)| name == member);
        Ok(found.map_or(Value::Null, |(_, value)| value.clone()))
    }

    fn read(&self, _: Preserve) -> Result<Vec<u8>, Failure> {
        Ok(self.body.clone())
    }

    fn lookup(&self, key: &Str) -> Option<Value> {
        let key = key.text();
        if self.entries.len() > FEW {
            let key = if self.ignore_case { key.to_lowercase().into() } else { key };
            return self.entries.get(&*key).cloned();
        }
        let found = match self.ignore_case && key.is_ascii() {
            true => self.entries.iter().find(|(entry, _)| entry.eq_ignore_ascii_case(&key)),
            false if self.ignore_case => self.entries.get_key_value(key.to_lowercase().as_str()),
            false => self.entries.iter().find(|(entry, _)| **entry == *key),
        };
        found.map(|(_, value)| value.clone())
    }

    fn entries(&self) -> Vec<(Value, Value)> {
        self.entries.iter().map(|(key, value)| (Value::text(key), value.clone())).collect()
    }
}
