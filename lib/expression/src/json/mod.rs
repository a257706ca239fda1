//! Newtonsoft's tree of JSON tokens: mutable, ordered, each token knows its parent.

mod path;
mod reader;
mod writer;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use indexmap::IndexMap;

pub use path::select;
pub use reader::{parse, parse_as};

use crate::failure::Outcome;
use crate::run::{arithmetic, convert};
use crate::stack::{deep, discard};
use crate::text::Str;
use crate::value::{Record, Value, lock};

/// A token; copies are the same token. The second keeps the tree alive in which it was found: children know their
/// parents weakly.
#[derive(Clone, Debug)]
pub struct Token(Arc<Inner>, Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    parent: Mutex<Weak<Inner>>,
    data: Mutex<Data>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        let data = self.data.get_mut().unwrap_or_else(PoisonError::into_inner);
        let data = std::mem::replace(data, Data::Array(Vec::new()));
        match data {
            Data::Object(properties) => discard(properties.into_values().map(Value::Json)),
            Data::Array(items) => discard(items.into_iter().map(Value::Json)),
            Data::Property(_, token) => discard(std::iter::once(Value::Json(token))),
            Data::Value(_) => {}
        }
    }
}

/// What a token is.
#[derive(Clone, Debug)]
pub enum Data {
    /// Properties by name; each is a token of its own.
    Object(IndexMap<String, Token>),
    Array(Vec<Token>),
    Property(String, Token),
    Value(Value),
}

impl Token {
    /// A token without parent.
    pub fn new(data: Data) -> Self {
        Self(Arc::new(Inner { parent: Mutex::default(), data: Mutex::new(data) }), None)
    }

    /// A value token: a string, number, date, or null.
    pub fn value(value: Value) -> Self {
        Self::new(Data::Value(match value {
            Value::Int(a) => Value::Long(i64::from(a)),
            Value::Short(_)
            | Value::UShort(_)
            | Value::Byte(_)
            | Value::SByte(_)
            | Value::UInt(_)
            | Value::Enum(..) => Value::Long(arithmetic::integer(&value)),
            Value::Char(unit) => Value::String(Str::from_units(&[unit])),
            other => other,
        }))
    }

    pub fn object() -> Self {
        Self::new(Data::Object(IndexMap::new()))
    }

    pub fn array(items: Vec<Self>) -> Self {
        let array = Self::new(Data::Array(Vec::new()));
        for item in items {
            array.push(item);
        }
        array
    }

    pub fn property(name: &str, value: Self) -> Self {
        let property = Self::new(Data::Property(name.to_owned(), Self::value(Value::Null)));
        property.set_property_value(value);
        property
    }

    /// A copy of what it is.
    pub fn data(&self) -> Data {
        lock(&self.0.data).clone()
    }

    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).cast::<()>() as usize
    }

    pub fn parent(&self) -> Option<Self> {
        lock(&self.0.parent).upgrade().map(|parent| Self(parent, self.1.clone()))
    }

    /// A child that keeps its tree alive.
    fn found(&self, child: &Self) -> Self {
        Self(Arc::clone(&child.0), Some(self.1.clone().unwrap_or_else(|| Arc::clone(&self.0))))
    }

    /// The token as a child of `self`: a copy if it has a parent already.
    fn adopt(&self, child: Self) -> Self {
        let child = if child.parent().is_some() { child.deep_clone() } else { child };
        *lock(&child.0.parent) = Arc::downgrade(&self.0);
        Self(child.0, None)
    }

    fn orphan(&self) {
        *lock(&self.0.parent) = Weak::new();
    }

    pub fn deep_clone(&self) -> Self {
        deep(|| self.cloned())
    }

    fn cloned(&self) -> Self {
        match self.data() {
            Data::Object(properties) => {
                let copy = Self::object();
                for property in properties.values() {
                    copy.add_property(property.deep_clone());
                }
                copy
            }
            Data::Array(items) => Self::array(items.iter().map(Self::deep_clone).collect()),
            Data::Property(name, value) => Self::property(&name, value.deep_clone()),
            Data::Value(value) => Self::new(Data::Value(value)),
        }
    }

    pub fn type_name(&self) -> &'static str {
        match &*lock(&self.0.data) {
            Data::Object(_) => "Newtonsoft.Json.Linq.JObject",
            Data::Array(_) => "Newtonsoft.Json.Linq.JArray",
            Data::Property(..) => "Newtonsoft.Json.Linq.JProperty",
            Data::Value(_) => "Newtonsoft.Json.Linq.JValue",
        }
    }

    /// The value of a value token.
    pub fn scalar(&self) -> Option<Value> {
        match &*lock(&self.0.data) {
            Data::Value(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// The number of `JTokenType`.
    pub fn kind(&self) -> i32 {
        match &*lock(&self.0.data) {
            Data::Object(_) => 1,
            Data::Array(_) => 2,
            Data::Property(..) => 4,
            Data::Value(value) => match value {
                Value::Long(_) | Value::ULong(_) => 6,
                Value::Double(_) | Value::Float(_) | Value::Decimal(_) => 7,
                Value::String(_) => 8,
                Value::Bool(_) => 9,
                Value::Null => 10,
                Value::DateTime(_) | Value::DateTimeOffset(_) => 12,
                Value::Array(_) => 14,
                Value::Guid(_) => 15,
                Value::Native(_) => 16,
                Value::TimeSpan(_) => 17,
                _ => 11,
            },
        }
    }

    /// The value of an object's property.
    pub fn get(&self, name: &str) -> Option<Self> {
        let property = match &*lock(&self.0.data) {
            Data::Object(properties) => properties.get(name).map(|property| self.found(property)),
            _ => None,
        };
        property.and_then(|property| property.property_value())
    }

    /// An object's property as a token.
    pub fn property_token(&self, name: &str) -> Option<Self> {
        match &*lock(&self.0.data) {
            Data::Object(properties) => properties.get(name).map(|property| self.found(property)),
            _ => None,
        }
    }

    pub fn property_name(&self) -> Option<String> {
        match &*lock(&self.0.data) {
            Data::Property(name, _) => Some(name.clone()),
            _ => None,
        }
    }

    pub fn property_value(&self) -> Option<Self> {
        match &*lock(&self.0.data) {
            Data::Property(_, value) => Some(self.found(value)),
            _ => None,
        }
    }

    pub fn set_property_value(&self, value: Self) {
        let value = self.adopt(value);
        if let Data::Property(_, old) = &mut *lock(&self.0.data) {
            old.orphan();
            *old = value;
        }
    }

    /// `object[name] = value`
    pub fn set(&self, name: &str, value: Self) {
        match self.property_token(name) {
            Some(property) => property.set_property_value(value),
            None => {
                self.add_property(Self::property(name, value));
            }
        }
    }

    /// Adds a property; `false` if there is one of the name.
    pub fn add_property(&self, property: Self) -> bool {
        let property = self.adopt(property);
        let Some(name) = property.property_name() else { return false };
        match &mut *lock(&self.0.data) {
            Data::Object(properties) if !properties.contains_key(&name) => {
                properties.insert(name, property);
                true
            }
            _ => false,
        }
    }

    /// Adds a property before the one at `at`; `false` if there is one of the name.
    pub fn insert_property(&self, at: usize, property: Self) -> bool {
        let property = self.adopt(property);
        let Some(name) = property.property_name() else { return false };
        match &mut *lock(&self.0.data) {
            Data::Object(properties) if !properties.contains_key(&name) => {
                properties.shift_insert(at.min(properties.len()), name, property);
                true
            }
            _ => false,
        }
    }

    pub fn push(&self, item: Self) {
        self.insert(usize::MAX, item);
    }

    pub fn insert(&self, at: usize, item: Self) {
        let item = self.adopt(item);
        if let Data::Array(items) = &mut *lock(&self.0.data) {
            let at = at.min(items.len());
            items.insert(at, item);
        }
    }

    pub fn item(&self, at: usize) -> Option<Self> {
        match &*lock(&self.0.data) {
            Data::Array(items) => items.get(at).map(|item| self.found(item)),
            _ => None,
        }
    }

    pub fn set_item(&self, at: usize, item: Self) -> bool {
        let item = self.adopt(item);
        match &mut *lock(&self.0.data) {
            Data::Array(items) => items.get_mut(at).map(|place| *place = item).is_some(),
            _ => false,
        }
    }

    /// Removes it from its parent.
    pub fn remove(&self) -> bool {
        let Some(parent) = self.parent() else { return false };
        let is_property = matches!(&*lock(&parent.0.data), Data::Property(..));
        if is_property {
            return parent.remove();
        }
        let name = self.property_name();
        match &mut *lock(&parent.0.data) {
            Data::Object(properties) => {
                properties.shift_remove(&name.unwrap_or_default());
            }
            Data::Array(items) => items.retain(|item| item.identity() != self.identity()),
            _ => {}
        }
        self.orphan();
        true
    }

    /// Puts another token in its place.
    pub fn replace(&self, other: Self) -> bool {
        let Some(parent) = self.parent() else { return false };
        if matches!(&*lock(&parent.0.data), Data::Property(..)) {
            parent.set_property_value(other);
            return true;
        }
        let at = parent.tokens().iter().position(|item| item.identity() == self.identity());
        at.is_some_and(|at| parent.set_item(at, other))
    }

    pub fn clear(&self) {
        match &mut *lock(&self.0.data) {
            Data::Object(properties) => properties.clear(),
            Data::Array(items) => items.clear(),
            _ => {}
        }
    }

    /// Children: an object's properties, an array's items, a property's value.
    pub fn tokens(&self) -> Vec<Self> {
        match &*lock(&self.0.data) {
            Data::Object(properties) => properties.values().map(|property| self.found(property)).collect(),
            Data::Array(items) => items.iter().map(|item| self.found(item)).collect(),
            Data::Property(_, value) => vec![self.found(value)],
            Data::Value(_) => Vec::new(),
        }
    }

    /// What enumerating it yields: an object yields pairs.
    pub fn children(&self) -> Vec<Value> {
        let is_object = matches!(&*lock(&self.0.data), Data::Object(_));
        let types = [crate::ty::Type::STRING, crate::ty::Type::named("Newtonsoft.Json.Linq.JToken")];
        self.tokens()
            .into_iter()
            .map(|token| match (is_object, token.property_name(), token.property_value()) {
                (true, Some(name), Some(value)) => {
                    Record::pair(&types, Value::text(&name), Value::Json(value))
                }
                _ => Value::Json(token),
            })
            .collect()
    }

    pub fn descendants(&self, found: &mut Vec<Self>) {
        for child in self.tokens() {
            found.push(child.clone());
            deep(|| child.descendants(found));
        }
    }

    /// `JToken.DeepEquals`, which is also what values compare by.
    pub fn same_value(&self, other: &Self) -> bool {
        if self.identity() == other.identity() {
            return true;
        }
        match (self.scalar(), other.scalar()) {
            (Some(a), Some(b)) => convert::equal(&a, &b),
            _ => false,
        }
    }

    pub fn deep_equals(&self, other: &Self) -> bool {
        deep(|| self.equals(other))
    }

    fn equals(&self, other: &Self) -> bool {
        match (self.data(), other.data()) {
            (Data::Value(a), Data::Value(b)) => convert::equal(&a, &b),
            (Data::Array(a), Data::Array(b)) => {
                a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.deep_equals(b))
            }
            (Data::Property(a, x), Data::Property(b, y)) => a == b && x.deep_equals(&y),
            (Data::Object(a), Data::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(name, x)| b.get(name).is_some_and(|y| x.deep_equals(y)))
            }
            _ => false,
        }
    }

    /// JSON text.
    pub fn json(&self, indented: bool) -> String {
        writer::write(self, indented)
    }

    /// What `ToString` answers: a string's own text, indented JSON for the rest.
    pub fn to_text(&self) -> Outcome {
        Ok(match self.scalar() {
            Some(Value::Null) => Value::text(""),
            Some(Value::String(text)) => Value::String(text),
            Some(Value::Bool(value)) => Value::text(if value { "True" } else { "False" }),
            Some(Value::Double(value)) => Value::text(&crate::number::double(value)),
            Some(Value::DateTime(value)) => Value::text(&value.format("G")?),
            Some(Value::Long(value)) => Value::text(&value.to_string()),
            Some(Value::Decimal(value)) => Value::text(&value.to_string()),
            Some(Value::ULong(value)) => Value::text(&value.to_string()),
            Some(Value::Float(value)) => Value::text(&crate::number::float(value)),
            Some(Value::TimeSpan(value)) => Value::text(&value.format("c")?),
            Some(Value::DateTimeOffset(value)) => Value::text(&value.format("")?),
            Some(Value::Guid(value)) => Value::text(&value.to_string()),
            Some(Value::Native(value)) => Value::String(value.text()),
            Some(Value::Array(_)) => Value::text("System.Byte[]"),
            _ => Value::text(&self.json(true)),
        })
    }
}

/// Makes a token of what is added to another: only values that JSON has, and their sequences.
pub fn content(value: &Value) -> Outcome<Token> {
    let ty = value.ty();
    match value {
        Value::Json(token) => Ok(token.clone()),
        Value::Array(items) if items.element() == crate::ty::Type::BYTE => {
            Ok(Token::new(Data::Value(value.clone())))
        }
        Value::Array(items) | Value::List(items) => {
            let items = items.lock().clone();
            Ok(Token::array(items.iter().map(content).collect::<Outcome<_>>()?))
        }
        Value::Dictionary(dictionary) if dictionary.ty.arguments().len() == 2 => {
            let first = dictionary.lock().values().next().cloned();
            match first {
                None => Ok(Token::array(Vec::new())),
                Some((key, value)) => content(&Record::pair(dictionary.ty.arguments(), key, value)),
            }
        }
        Value::Char(_) | Value::Record(_) => {
            let message =
                format!("Could not determine JSON object type for type {}.", convert::full_name(&ty));
            crate::failure::throw("System.ArgumentException", message)
        }
        other => Ok(from_value(other)),
    }
}

/// Makes a token of any value, as `JToken.FromObject` does.
pub fn from_value(value: &Value) -> Token {
    match value {
        Value::Json(token) => token.clone(),
        Value::Array(items) if items.element() == crate::ty::Type::BYTE => {
            Token::new(Data::Value(value.clone()))
        }
        Value::Array(items) | Value::List(items) => {
            Token::array(items.lock().clone().iter().map(from_value).collect())
        }
        Value::Dictionary(dictionary) => {
            let entries: Vec<_> = dictionary.lock().values().cloned().collect();
            if dictionary.ty.arguments().len() == 1 {
                return Token::array(entries.iter().map(|(key, _)| from_value(key)).collect());
            }
            let object = Token::object();
            for (key, value) in entries {
                object.set(&key_text(&key), from_value(&value));
            }
            object
        }
        Value::Host(host) => {
            let object = Token::object();
            for (key, value) in host.entries() {
                object.set(&key_text(&key), from_value(&value));
            }
            object
        }
        Value::Record(record) => {
            let object = Token::object();
            let names: Vec<String> = match &record.ty {
                crate::ty::Type::Fields(crate::ty::Shape::Anonymous, fields) => {
                    fields.iter().map(|(name, _)| name.clone()).collect()
                }
                crate::ty::Type::Fields(..) => {
                    (1..=record.fields.len()).map(|n| format!("Item{n}")).collect()
                }
                _ => vec!["Key".to_owned(), "Value".to_owned()],
            };
            for (name, field) in names.iter().zip(&record.fields) {
                object.set(name, from_value(field));
            }
            object
        }
        Value::Native(native) if native.type_name() == "System.Uri" => Token::new(Data::Value(value.clone())),
        Value::Native(native) => Token::value(Value::String(native.text())),
        other => Token::value(other.clone()),
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.text().into_owned(),
        other => arithmetic::wide(other).map_or_else(String::new, |number| number.to_string()),
    }
}
