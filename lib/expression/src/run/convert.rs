//! Casts, type tests, equality and `ToString`.

use std::cmp::Ordering;

use super::Machine;
use crate::failure::{Outcome, exception, null_reference};
use crate::registry::{Form, ancestry, registry};
use crate::text::Str;
use crate::ty::Type;
use crate::value::{Key, Value};

/// Whether the type's values cannot be `null`.
pub fn is_value_type(ty: &Type) -> bool {
    match ty {
        Type::Named(name, _) => registry()
            .get(name)
            .is_some_and(|definition| matches!(definition.row.form, Form::Struct | Form::Enum(_))),
        Type::Fields(shape, _) => *shape == crate::ty::Shape::Tuple,
        _ => false,
    }
}

/// The value of a variable that was not set.
pub fn default(ty: &Type) -> Value {
    if ty.nullable_of().is_some() {
        return Value::Null;
    }
    match ty {
        Type::Named(name, _) => match *name {
            "System.Boolean" => Value::Bool(false),
            "System.DateTime" => Value::DateTime(crate::time::DateTime::MIN),
            "System.DateTimeOffset" => Value::DateTimeOffset(crate::time::DateTimeOffset::MIN),
            "System.TimeSpan" => Value::TimeSpan(crate::time::TimeSpan { ticks: 0 }),
            "System.Guid" => Value::Guid(uuid::Uuid::nil()),
            "System.Collections.Generic.KeyValuePair" => {
                let fields = ty.arguments().iter().map(default).collect();
                Value::Record(std::sync::Arc::new(crate::value::Record { ty: ty.clone(), fields }))
            }
            _ if is_value_type(ty) => {
                super::arithmetic::convert(ty, &Value::Int(0), false).unwrap_or(Value::Null)
            }
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// `value is T`
pub fn is(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (_, Value::Null) => false,
        (&Type::STRING, Value::String(_)) | (&Type::OBJECT, _) => true,
        _ => {
            let target = ty.nullable_of().unwrap_or(ty);
            let actual = value.ty();
            actual == *target || ancestry(&actual).iter().any(|base| base == target)
        }
    }
}

/// A cast between reference types, or unboxing.
pub fn cast(ty: &Type, value: Value) -> Outcome {
    if value.is_null() {
        let refused = is_value_type(ty) && ty.nullable_of().is_none();
        return if refused { Err(null_reference()) } else { Ok(value) };
    }
    if is(ty, &value) {
        return Ok(value);
    }
    let is_enum = |ty: &Type| {
        ty.name()
            .and_then(|name| registry().get(name))
            .is_some_and(|definition| matches!(definition.row.form, Form::Enum(_)))
    };
    if matches!((&value, ty), (Value::Enum(..), &Type::INT))
        || (matches!(value, Value::Int(_)) && is_enum(ty))
    {
        return super::arithmetic::convert(ty, &value, false);
    }
    let (from, to) = (full_name(&value.ty()), full_name(ty));
    let message = format!("Unable to cast object of type '{from}' to type '{to}'.");
    Err(exception("System.InvalidCastException", message))
}

/// The implied cast of `foreach (T x in …)`.
pub fn element_cast(ty: &Type, value: Value) -> Outcome {
    match (ty, &value) {
        (&Type::STRING, Value::Json(token)) => token.to_text(),
        _ => cast(ty, value),
    }
}

/// The name that `GetType().ToString()` gives.
pub fn full_name(ty: &Type) -> String {
    match ty {
        Type::Named(name, arguments) if !arguments.is_empty() => {
            let arguments = arguments.iter().map(full_name).collect::<Vec<_>>().join(",");
            format!("{name}`{}[{arguments}]", ty.arguments().len())
        }
        Type::Named(name, _) => (*name).to_owned(),
        Type::Array(element) => format!("{}[]", full_name(element)),
        other => other.to_string(),
    }
}

/// `Equals`
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b) == Some(Ordering::Equal),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b) == Some(Ordering::Equal),
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Json(a), Value::Json(b)) => a.same_value(b),
        _ => Key::of(left) == Key::of(right),
    }
}

/// The order of strings in the invariant culture.
pub fn compare_text(a: &Str, b: &Str) -> Ordering {
    let (a, b) = (a.text(), b.text());
    // What begins alike weighs alike; only ASCII never combines with what follows.
    let ascii = a.is_ascii() && b.is_ascii();
    let from = if ascii { a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count() } else { 0 };
    crate::collation::compare(a.get(from..).unwrap_or_default(), b.get(from..).unwrap_or_default())
}

/// What `ToString` answers.
pub fn text(machine: &mut Machine<'_>, value: &Value) -> Outcome<Str> {
    let text = match value {
        Value::Null => Str::from(""),
        Value::String(text) => text.clone(),
        Value::Bool(value) => Str::from(if *value { "True" } else { "False" }),
        Value::Char(unit) => Str::from_units(&[*unit]),
        Value::Double(value) => Str::from(crate::number::double(*value)),
        Value::Float(value) => Str::from(crate::number::float(*value)),
        Value::Decimal(value) => Str::from(value.to_string()),
        Value::DateTime(value) => Str::from(value.format("G")?),
        Value::DateTimeOffset(value) => Str::from(value.format("")?),
        Value::TimeSpan(value) => Str::from(value.format("c")?),
        Value::Guid(value) => Str::from(value.to_string()),
        Value::Enum(ty, value) => Str::from(enum_name(ty, *value)),
        Value::Json(token) => {
            let text = token.to_text()?;
            return Ok(if let Value::String(text) = text { text } else { Str::from("") });
        }
        Value::Exception(e) => Str::from(format!("{}: {}", e.ty, e.message)),
        Value::Native(native) => native.text(),
        Value::Host(object) => match object.call("ToString", &[]) {
            Ok(Value::String(text)) => text,
            _ => Str::from(full_name(&object.ty())),
        },
        Value::Record(record) => record_text(machine, record)?,
        Value::Array(_) | Value::List(_) | Value::Dictionary(_) | Value::Sequence(_) | Value::Function(_) => {
            Str::from(full_name(&value.ty()))
        }
        number => Str::from(super::arithmetic::wide(number).unwrap_or_default().to_string()),
    };
    machine.charge(text.len())?;
    Ok(text)
}

fn record_text(machine: &mut Machine<'_>, record: &crate::value::Record) -> Outcome<Str> {
    let mut parts = Vec::new();
    for field in &record.fields {
        parts.push(text(machine, field)?.text().into_owned());
    }
    Ok(Str::from(match &record.ty {
        Type::Fields(crate::ty::Shape::Anonymous, names) => {
            let fields = names.iter().zip(&parts).map(|((name, _), value)| format!("{name} = {value}"));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Type::Fields(..) | Type::Named("System.Tuple", _) => format!("({})", parts.join(", ")),
        _ => format!("[{}]", parts.join(", ")),
    }))
}

/// The name of a member of an enumeration, or its number.
pub fn enum_name(ty: &str, value: i32) -> String {
    let Some(definition) = registry().get(ty) else { return value.to_string() };
    let Form::Enum(members) = definition.row.form else { return value.to_string() };
    members
        .iter()
        .find(|(_, number)| *number == value)
        .map_or_else(|| value.to_string(), |(name, _)| (*name).to_owned())
}
