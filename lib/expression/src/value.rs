//! What an expression computes with: .NET values.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::host::Object;
use crate::json::Token;
use crate::run::function::Closure;
use crate::run::sequence::Sequence;
use crate::stack::discard;
use crate::text::Str;
use crate::time::{DateTime, DateTimeOffset, TimeSpan};
use crate::ty::Type;

/// A .NET value or object. Copies share what is mutable.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the variants are the .NET types of the same names")]
pub enum Value {
    Null,
    Bool(bool),
    Char(u16),
    SByte(i8),
    Byte(u8),
    Short(i16),
    UShort(u16),
    Int(i32),
    UInt(u32),
    Long(i64),
    ULong(u64),
    Float(f32),
    Double(f64),
    Decimal(Decimal),
    String(Str),
    DateTime(DateTime),
    DateTimeOffset(DateTimeOffset),
    TimeSpan(TimeSpan),
    Guid(Uuid),
    /// A member of the enumeration with this full name.
    Enum(&'static str, i32),
    Array(Arc<Items>),
    /// `List`, `Stack`, `Queue`: the name is in the type.
    List(Arc<Items>),
    Dictionary(Arc<Dictionary>),
    Sequence(Arc<Sequence>),
    /// Anonymous types, tuples, key-value pairs.
    Record(Arc<Record>),
    Function(Arc<Closure>),
    Json(Token),
    Exception(Arc<Exception>),
    Host(Arc<dyn Object>),
    Native(Arc<dyn Native>),
}

/// Elements with an order, and the type that holds them.
#[derive(Debug)]
pub struct Items {
    /// The array's or list's own type.
    pub ty: Type,
    items: Mutex<Vec<Value>>,
}

/// Pairs of keys and values in order of insertion; a set has its keys as values.
#[derive(Debug)]
pub struct Dictionary {
    /// Its own type.
    pub ty: Type,
    /// Whether keys are compared without case.
    pub ignore_case: bool,
    entries: Mutex<IndexMap<Key, (Value, Value)>>,
}

/// A value with named fields that never change.
#[derive(Debug)]
pub struct Record {
    /// Its own type.
    pub ty: Type,
    /// The fields in the order of the type.
    pub fields: Vec<Value>,
}

/// A .NET exception.
#[derive(Debug)]
pub struct Exception {
    /// The full name of its type.
    pub ty: &'static str,
    /// Its message.
    pub message: Str,
    /// What caused it.
    pub inner: Value,
}

/// An object of a .NET type that only its own file knows.
pub trait Native: Any + Send + Sync + fmt::Debug {
    /// The full name of its type.
    fn type_name(&self) -> &'static str;
    /// For downcasts.
    fn as_any(&self) -> &dyn Any;
    /// Whether objects with the same text are equal.
    fn is_value(&self) -> bool {
        false
    }
    /// What `ToString` answers.
    fn text(&self) -> Str {
        Str::from(self.type_name())
    }
}

/// A value as a key: equal keys are equal values as `Equals` tells.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Null,
    Bool(bool),
    Number(u8, i128),
    Bits(u8, u64),
    Text(String),
    Wide(u128),
    Enum(&'static str, i32),
    Object(usize),
    Parts(Vec<Key>),
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Items {
    fn drop(&mut self) {
        let items = std::mem::take(self.items.get_mut().unwrap_or_else(PoisonError::into_inner));
        discard(items.into_iter());
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        let entries = std::mem::take(self.entries.get_mut().unwrap_or_else(PoisonError::into_inner));
        discard(entries.into_values().flat_map(|(key, value)| [key, value]));
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let fields = std::mem::take(&mut self.fields);
        discard(fields.into_iter());
    }
}

impl Drop for Exception {
    fn drop(&mut self) {
        let inner = std::mem::replace(&mut self.inner, Value::Null);
        discard(std::iter::once(inner));
    }
}

impl Items {
    /// An object of the type `ty` with these elements.
    pub fn new(ty: Type, items: Vec<Value>) -> Arc<Self> {
        Arc::new(Self { ty, items: Mutex::new(items) })
    }

    /// The elements; do not evaluate anything while holding them.
    pub fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        lock(&self.items)
    }

    /// The type of its elements.
    pub fn element(&self) -> Type {
        match &self.ty {
            Type::Array(element) => (**element).clone(),
            Type::Named(_, arguments) => arguments.first().cloned().unwrap_or(Type::OBJECT),
            _ => Type::OBJECT,
        }
    }
}

impl Dictionary {
    /// An empty dictionary of the type `ty`.
    pub fn new(ty: Type, ignore_case: bool) -> Arc<Self> {
        Arc::new(Self { ty, ignore_case, entries: Mutex::default() })
    }

    /// The entries; do not evaluate anything while holding them.
    pub fn lock(&self) -> MutexGuard<'_, IndexMap<Key, (Value, Value)>> {
        lock(&self.entries)
    }

    /// The key under which `key` is kept.
    pub fn key(&self, key: &Value) -> Key {
        match key {
            Value::String(text) if self.ignore_case => Key::Text(text.text().to_uppercase()),
            other => Key::of(other),
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &Value) -> Option<Value> {
        let key = self.key(key);
        self.lock().get(&key).map(|(_, value)| value.clone())
    }

    /// Sets the value of `key`.
    pub fn set(&self, key: Value, value: Value) {
        let at = self.key(&key);
        let mut entries = self.lock();
        let key = entries.get(&at).map_or(key, |(old, _)| old.clone());
        entries.insert(at, (key, value));
    }
}

impl Record {
    /// A key-value pair.
    pub fn pair(types: &[Type], key: Value, value: Value) -> Value {
        let ty = Type::generic("System.Collections.Generic.KeyValuePair", types.to_vec());
        Value::Record(Arc::new(Self { ty, fields: vec![key, value] }))
    }
}

impl Key {
    /// The key for `value`.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Char(value) => Self::Number(0, i128::from(*value)),
            Value::SByte(value) => Self::Number(1, i128::from(*value)),
            Value::Byte(value) => Self::Number(2, i128::from(*value)),
            Value::Short(value) => Self::Number(3, i128::from(*value)),
            Value::UShort(value) => Self::Number(4, i128::from(*value)),
            Value::Int(value) => Self::Number(5, i128::from(*value)),
            Value::UInt(value) => Self::Number(6, i128::from(*value)),
            Value::Long(value) => Self::Number(7, i128::from(*value)),
            Value::ULong(value) => Self::Number(8, i128::from(*value)),
            Value::Float(value) => Self::Bits(0, u64::from((value + 0.0).to_bits())),
            Value::Double(value) => Self::Bits(1, (value + 0.0).to_bits()),
            Value::Decimal(value) => Self::Text(value.normalize().to_string()),
            Value::String(value) => Self::of_text(value),
            Value::DateTime(value) => Self::Number(9, i128::from(value.ticks)),
            Value::DateTimeOffset(value) => Self::Number(10, i128::from(value.utc_ticks())),
            Value::TimeSpan(value) => Self::Number(11, i128::from(value.ticks)),
            Value::Guid(value) => Self::Wide(value.as_u128()),
            Value::Enum(ty, value) => Self::Enum(ty, *value),
            Value::Record(record) => Self::Parts(record.fields.iter().map(Self::of).collect()),
            Value::Json(token) => token.scalar().map_or(Self::Object(token.identity()), |v| Self::of(&v)),
            Value::Native(native) if native.is_value() => {
                Self::Parts(vec![Self::Text(native.type_name().to_owned()), Self::of_text(&native.text())])
            }
            other => Self::Object(other.identity().unwrap_or_default()),
        }
    }

    fn of_text(text: &Str) -> Self {
        match text.ascii() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Parts(text.units().iter().map(|unit| Self::Number(0, i128::from(*unit))).collect()),
        }
    }
}

impl Value {
    /// A string.
    pub fn text(text: &str) -> Self {
        Self::String(Str::from(text))
    }

    /// The `Guid` that a text shows.
    pub fn guid(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self::Guid)
    }

    /// The `DateTime` in UTC so many milliseconds after 1970.
    pub fn time(milliseconds: i64) -> Self {
        Self::DateTime(DateTime::unix(milliseconds))
    }

    /// The `TimeSpan` of so many milliseconds.
    pub fn span(milliseconds: i64) -> Self {
        Self::TimeSpan(TimeSpan { ticks: milliseconds.saturating_mul(10_000) })
    }

    /// An array of `element`.
    pub fn array(element: Type, items: Vec<Self>) -> Self {
        Self::Array(Items::new(Type::Array(Arc::new(element)), items))
    }

    /// An array of bytes.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::array(Type::BYTE, bytes.iter().map(|byte| Self::Byte(*byte)).collect())
    }

    /// An object that only its type's file knows.
    pub fn native(object: impl Native) -> Self {
        Self::Native(Arc::new(object))
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The address of the object, for objects.
    pub fn identity(&self) -> Option<usize> {
        fn address<T: ?Sized>(object: &Arc<T>) -> usize {
            Arc::as_ptr(object).cast::<()>() as usize
        }
        Some(match self {
            Self::Array(object) | Self::List(object) => address(object),
            Self::Dictionary(object) => address(object),
            Self::Sequence(object) => address(object),
            Self::Record(object) => address(object),
            Self::Function(object) => address(object),
            Self::Json(token) => token.identity(),
            Self::Exception(object) => address(object),
            Self::Host(object) => address(object),
            Self::Native(object) => address(object),
            _ => return None,
        })
    }

    /// Whether both are the same object; boxed values never are.
    pub fn same_object(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::String(a), Self::String(b)) => a.same_object(b),
            _ => self.identity().is_some() && self.identity() == other.identity(),
        }
    }

    /// The type of the object.
    pub fn ty(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::BOOL,
            Self::Char(_) => Type::CHAR,
            Self::SByte(_) => Type::SBYTE,
            Self::Byte(_) => Type::BYTE,
            Self::Short(_) => Type::SHORT,
            Self::UShort(_) => Type::USHORT,
            Self::Int(_) => Type::INT,
            Self::UInt(_) => Type::UINT,
            Self::Long(_) => Type::LONG,
            Self::ULong(_) => Type::ULONG,
            Self::Float(_) => Type::FLOAT,
            Self::Double(_) => Type::DOUBLE,
            Self::Decimal(_) => Type::DECIMAL,
            Self::String(_) => Type::STRING,
            Self::DateTime(_) => Type::named("System.DateTime"),
            Self::DateTimeOffset(_) => Type::named("System.DateTimeOffset"),
            Self::TimeSpan(_) => Type::named("System.TimeSpan"),
            Self::Guid(_) => Type::named("System.Guid"),
            Self::Enum(ty, _) => Type::named(ty),
            Self::Array(items) | Self::List(items) => items.ty.clone(),
            Self::Dictionary(dictionary) => dictionary.ty.clone(),
            Self::Sequence(sequence) => {
                Type::generic("System.Collections.Generic.IEnumerable", vec![sequence.element.clone()])
            }
            Self::Record(record) => record.ty.clone(),
            Self::Function(function) => function.ty.clone(),
            Self::Json(token) => Type::named(token.type_name()),
            Self::Exception(exception) => Type::named(exception.ty),
            Self::Host(object) => object.ty(),
            Self::Native(native) => Type::named(native.type_name()),
        }
    }
}
