//! What a template computes with, and how that is written.

use std::cmp::Ordering;
use std::sync::Arc;

use expression::{Object, Preserve, Str};

/// A value of Liquid.
#[derive(Debug, Clone)]
pub enum Value {
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(Arc<str>),
    /// A date or another value that .NET writes.
    Date(expression::Value),
    /// Values in a row.
    List(Arc<Vec<Value>>),
    /// Values with names, in their order.
    Map(Arc<Vec<(Arc<str>, Value)>>),
    /// An element of XML: its attributes and children.
    Element(Arc<Vec<(Arc<str>, Value)>>),
    /// What `context` leads to.
    Host(Arc<dyn Object>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// What JSON says; texts that look like dates are dates, if they are to be.
    pub fn json(json: &serde_json::Value, dates: bool) -> Self {
        match json {
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or_default()), Self::Int)
            }
            serde_json::Value::String(text) => {
                let date = dates.then(|| expression::iso_date(text)).flatten();
                date.map_or_else(|| Self::text(text.as_str()), Self::Date)
            }
            serde_json::Value::Array(items) => {
                Self::List(Arc::new(items.iter().map(|item| Self::json(item, dates)).collect()))
            }
            serde_json::Value::Object(object) => {
                let entries =
                    object.iter().map(|(name, value)| (name.as_str().into(), Self::json(value, dates)));
                Self::Map(Arc::new(entries.collect()))
            }
        }
    }

    /// A value of an expression.
    pub fn from_expression(value: &expression::Value) -> Self {
        use expression::Value as Net;
        match value {
            Net::Null => Self::Nil,
            Net::Bool(value) => Self::Bool(*value),
            Net::Int(value) => Self::Int((*value).into()),
            Net::Long(value) => Self::Int(*value),
            Net::Short(value) => Self::Int((*value).into()),
            Net::UShort(value) => Self::Int((*value).into()),
            Net::Byte(value) => Self::Int((*value).into()),
            Net::SByte(value) => Self::Int((*value).into()),
            Net::UInt(value) => Self::Int((*value).into()),
            Net::Double(value) => Self::Float(*value),
            Net::Float(value) => Self::Float((*value).into()),
            Net::String(text) => Self::text(text.text().as_ref()),
            Net::Host(object) => Self::Host(Arc::clone(object)),
            Net::Array(items) | Net::List(items) => {
                Self::List(Arc::new(items.lock().iter().map(Self::from_expression).collect()))
            }
            Net::Dictionary(dictionary) => {
                let entries = dictionary.lock();
                let entries = entries.values().map(|(key, value)| {
                    (Self::from_expression(key).written().into(), Self::from_expression(value))
                });
                Self::Map(Arc::new(entries.collect()))
            }
            Net::Json(_) => {
                let text = expression::json_text(value).unwrap_or_default();
                Self::json(&serde_json::from_str(&text).unwrap_or_default(), true)
            }
            other => Self::Date(other.clone()),
        }
    }

    /// A property, an entry, or an item.
    pub fn get(&self, key: &Self) -> Self {
        match (self, key) {
            (Self::List(items), Self::Int(at)) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let at = if *at < 0 { length + at } else { *at };
                usize::try_from(at).ok().and_then(|at| items.get(at)).cloned().unwrap_or(Self::Nil)
            }
            (Self::Map(entries), Self::Text(name)) => {
                let found = entries.iter().find(|(known, _)| known == name);
                match (found, name.as_ref()) {
                    (Some((_, value)), _) => value.clone(),
                    (None, "size" | "first" | "last") => self.special(name),
                    (None, _) => Self::Nil,
                }
            }
            (Self::Element(entries), Self::Text(name)) => {
                let exact = entries.iter().find(|(known, _)| known == name);
                let alike = || entries.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                exact.or_else(alike).map_or_else(|| self.special(name), |(_, value)| value.clone())
            }
            (Self::Host(object), Self::Text(name)) => member(object, name),
            (_, Self::Text(name)) => self.special(name),
            _ => Self::Nil,
        }
    }

    fn special(&self, name: &str) -> Self {
        match name {
            "size" => self.size().map_or(Self::Nil, Self::Int),
            "first" => self.items().into_iter().next().unwrap_or(Self::Nil),
            "last" => self.items().into_iter().next_back().unwrap_or(Self::Nil),
            _ => Self::Nil,
        }
    }

    /// How many items, or characters, it has.
    pub fn size(&self) -> Option<i64> {
        let length = match self {
            Self::List(items) => items.len(),
            Self::Map(entries) | Self::Element(entries) => entries.len(),
            Self::Host(object) => object.entries().len(),
            Self::Text(text) => text.encode_utf16().count(),
            _ => return None,
        };
        i64::try_from(length).ok()
    }

    /// What a loop goes through.
    pub fn items(&self) -> Vec<Self> {
        let pair =
            |key: Self, value: Self| Self::Map(Arc::new(vec![("Key".into(), key), ("Value".into(), value)]));
        match self {
            Self::List(items) => items.to_vec(),
            Self::Map(entries) | Self::Element(entries) => entries
                .iter()
                .map(|(name, value)| pair(Self::Text(Arc::clone(name)), value.clone()))
                .collect(),
            Self::Host(object) => {
                let entries = object.entries().into_iter();
                entries
                    .map(|(key, value)| pair(Self::from_expression(&key), Self::from_expression(&value)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// It counts as true: all but `nil` and `false`.
    pub fn is_true(&self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    /// It is what `empty` stands for.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Nil) || self.size() == Some(0)
    }

    /// It as a number, if it is one or says one.
    pub fn number(&self) -> Option<Self> {
        match self {
            Self::Int(_) | Self::Float(_) => Some(self.clone()),
            Self::Text(text) => {
                let text = text.trim();
                text.parse().map(Self::Int).or_else(|_| text.parse().map(Self::Float)).ok()
            }
            _ => None,
        }
    }

    /// The number, however it is written.
    pub fn float(&self) -> Option<f64> {
        match self.number()? {
            #[expect(clippy::cast_precision_loss, reason = "so does .NET")]
            Self::Int(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            _ => None,
        }
    }

    /// It as a template writes it.
    pub fn written(&self) -> String {
        match self {
            Self::Nil => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => expression::double(*value),
            Self::Text(text) => text.to_string(),
            Self::Date(value) => net(value),
            Self::List(items) => items.iter().map(Self::written).collect(),
            Self::Map(entries) => entries
                .iter()
                .fold(String::new(), |text, (name, value)| text + "[" + name + ", " + &value.written() + "]"),
            Self::Element(entries) => match entries.iter().find(|(name, _)| name.as_ref() == "#text") {
                Some((_, text)) => text.written(),
                None => entries.iter().map(|(_, value)| value.written()).collect(),
            },
            Self::Host(object) => host(object),
        }
    }
}

/// Two values are alike.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => left == right,
            (Self::Int(_) | Self::Float(_), Self::Int(_) | Self::Float(_)) => self.float() == other.float(),
            (Self::Date(_), _) | (_, Self::Date(_)) => self.written() == other.written(),
            _ => false,
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Date(left), Self::Date(right)) => Some(sortable(left).cmp(&sortable(right))),
            _ => self.float()?.partial_cmp(&other.float()?),
        }
    }
}

fn member(object: &Arc<dyn Object>, name: &str) -> Value {
    if let Some(found) = object.lookup(&Str::from(name)) {
        return Value::from_expression(&found);
    }
    match (object.ty().to_string().rsplit('.').next(), name) {
        (Some("IRequest"), "HasBody") => Value::Bool(object.get("Body").is_ok_and(|body| !body.is_null())),
        (Some("IRequest"), "OriginalMethod") => member(object, "Method"),
        (_, "ToString" | "ToUri") => Value::text(host(object)),
        (_, "size") if !object.entries().is_empty() => {
            Value::Int(i64::try_from(object.entries().len()).unwrap_or(i64::MAX))
        }
        _ => object.get(name).map_or(Value::Nil, |value| Value::from_expression(&value)),
    }
}

fn host(object: &Arc<dyn Object>) -> String {
    if let Ok(expression::Value::String(text)) = object.call("ToString", &[]) {
        return text.text().into_owned();
    }
    if let Ok(bytes) = object.read(Preserve::Content) {
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    object.ty().to_string()
}

fn net(value: &expression::Value) -> String {
    use expression::Value as Net;
    match value {
        Net::DateTime(date) => date.format("G").unwrap_or_default(),
        Net::DateTimeOffset(date) => date.format("").unwrap_or_default(),
        Net::TimeSpan(span) => span.format("c").unwrap_or_default(),
        Net::Guid(guid) => guid.to_string(),
        Net::Decimal(value) => value.to_string(),
        Net::ULong(value) => value.to_string(),
        Net::Char(unit) => String::from_utf16_lossy(&[*unit]),
        other => other.ty().to_string(),
    }
}

fn sortable(value: &expression::Value) -> String {
    match value {
        expression::Value::DateTime(date) => date.format("o").unwrap_or_default(),
        other => net(other),
    }
}
