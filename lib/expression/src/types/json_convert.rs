//! What JSON tokens convert to: casts, `Value<T>`, `ToObject<T>`, `DeserializeObject<T>`.

use super::json::{TOKEN_NAME, json_of, token};
use crate::failure::{Outcome, exception, null_argument, throw};
use crate::json::Token;
use crate::registry::{Form, Run, TypeRow};
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::{Items, Value};

const KINDS: [&str; 18] = [
    "None",
    "Object",
    "Array",
    "Constructor",
    "Property",
    "Comment",
    "Integer",
    "Float",
    "String",
    "Boolean",
    "Null",
    "Undefined",
    "Date",
    "Raw",
    "Bytes",
    "Guid",
    "Uri",
    "TimeSpan",
];

fn title(ty: &Type) -> String {
    ty.name().and_then(|name| name.rsplit('.').next()).unwrap_or_default().to_owned()
}

/// The kinds of tokens that convert to a type; strings convert to all.
fn takes(ty: &Type, kind: i32) -> bool {
    match ty.name() {
        _ if kind == 8 => true,
        Some("System.DateTime" | "System.DateTimeOffset") => kind == 12,
        Some("System.TimeSpan") => kind == 17,
        Some("System.Guid") => matches!(kind, 14 | 15),
        Some("System.Uri") => kind == 16,
        Some("System.Char") => matches!(kind, 6 | 7),
        Some("System.String") => matches!(kind, 6 | 7 | 9 | 12 | 14..=17),
        _ => matches!(kind, 6 | 7 | 9),
    }
}

/// Converts a token as its conversion operators do.
pub fn to(value: &Value, ty: &Type) -> Outcome {
    let nullable = ty.nullable_of().is_some() || !convert::is_value_type(ty);
    let Value::Json(found) = value else {
        return match value {
            Value::Null if nullable => Ok(Value::Null),
            Value::Null => Err(null_argument("value")),
            other => convert::cast(ty, other.clone()),
        };
    };
    if *ty == Type::OBJECT || ty.name().is_some_and(|name| name.starts_with("Newtonsoft.")) {
        return convert::cast(ty, value.clone());
    }
    let found = found.property_value().unwrap_or_else(|| found.clone());
    let plain = ty.nullable_of().unwrap_or(ty);
    let bytes = matches!(plain, Type::Array(_));
    let scalar = found.scalar().unwrap_or(Value::Null);
    let kind = found.kind();
    if kind == 10 && nullable && !bytes {
        return Ok(Value::Null);
    }
    if !(if bytes { matches!(kind, 8 | 14) } else { takes(plain, kind) }) {
        let from = usize::try_from(kind).ok().and_then(|kind| KINDS.get(kind)).copied().unwrap_or_default();
        let to = if bytes { "byte array".to_owned() } else { title(plain) };
        return throw("System.ArgumentException", format!("Can not convert {from} to {to}."));
    }
    if bytes {
        return bytes_of(&scalar);
    }
    changed(&scalar, plain)
}

fn bytes_of(scalar: &Value) -> Outcome {
    use base64::Engine as _;
    match scalar {
        Value::String(text) => base64::engine::general_purpose::STANDARD
            .decode(text.text().as_bytes())
            .map(|bytes| Value::bytes(&bytes))
            .map_err(|_| {
                let message = "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.";
                crate::failure::format_exception(message)
            }),
        other => Ok(other.clone()),
    }
}

/// `Convert.ChangeType` of a token's value.
fn changed(scalar: &Value, ty: &Type) -> Outcome {
    let special = ty.is("System.DateTime")
        || ty.is("System.DateTimeOffset")
        || ty.is("System.Guid")
        || ty.is("System.TimeSpan");
    match (scalar, ty) {
        (_, _) if scalar.ty() == *ty => Ok(scalar.clone()),
        (Value::DateTime(date), &Type::STRING) => Ok(Value::text(&date.format("G")?)),
        (Value::Array(_), &Type::STRING) => {
            Ok(Value::text(Token::value(scalar.clone()).json(false).trim_matches('"')))
        }
        (other, &Type::STRING) => Token::value(other.clone()).to_text(),
        (Value::String(_), _) if special => super::convert_text(scalar, ty),
        (Value::DateTime(date), _) if ty.is("System.DateTimeOffset") => {
            Ok(Value::DateTimeOffset(crate::time::DateTimeOffset { ticks: date.ticks, offset: 0 }))
        }
        (Value::DateTimeOffset(date), _) if ty.is("System.DateTime") => {
            let kind = crate::time::Kind::Unspecified;
            Ok(Value::DateTime(crate::time::DateTime { ticks: date.ticks, kind }))
        }
        _ if special || ty.is("System.Uri") => convert::cast(ty, scalar.clone()),
        _ => super::convert::to(scalar, ty),
    }
}

/// `Value<T>`: what the token holds, or what it converts to.
pub fn value(found: &Value, ty: &Type) -> Outcome {
    let Value::Json(token) = found else {
        return if found.is_null() { Ok(convert::default(ty)) } else { convert::cast(ty, found.clone()) };
    };
    if convert::is(ty, found) || *ty == Type::OBJECT {
        return Ok(found.clone());
    }
    let Some(scalar) = token.scalar() else {
        let message = format!("Cannot cast {} to {TOKEN_NAME}.", token.type_name());
        return throw("System.InvalidCastException", message);
    };
    if ty.name().is_some_and(|name| name.starts_with("Newtonsoft.")) {
        return if scalar.is_null() { Ok(Value::Null) } else { refused(&scalar, ty) };
    }
    let plain = ty.nullable_of().unwrap_or(ty);
    if scalar.is_null() {
        let nullable = ty.nullable_of().is_some() || !convert::is_value_type(ty);
        let message = "Null object cannot be converted to a value type.";
        return if nullable { Ok(Value::Null) } else { throw("System.InvalidCastException", message) };
    }
    if scalar.ty() == *plain {
        return Ok(scalar);
    }
    let basic = arithmetic::double(&convert::default(plain)).is_some() || *plain == Type::STRING;
    match &scalar {
        Value::TimeSpan(_) | Value::Guid(_) | Value::DateTimeOffset(_) | Value::Native(_) => {
            throw("System.InvalidCastException", "Object must implement IConvertible.")
        }
        Value::DateTime(_) if *plain == Type::STRING => changed(&scalar, plain),
        Value::String(_) if plain.is("System.DateTime") => super::convert_text(&scalar, plain),
        _ if basic && *plain == Type::STRING => changed(&scalar, plain),
        _ if basic || plain.is("System.DateTime") => super::convert::change(&scalar, plain),
        _ => refused(&scalar, plain),
    }
}

fn refused(scalar: &Value, ty: &Type) -> Outcome {
    let (from, to) = (convert::full_name(&scalar.ty()), convert::full_name(ty));
    Err(exception("System.InvalidCastException", format!("Invalid cast from '{from}' to '{to}'.")))
}

/// `ToObject<T>` and `DeserializeObject<T>`
pub fn deserialize(m: &mut Machine<'_>, found: &Token, ty: &Type) -> Outcome {
    m.charge(64)?;
    match ty {
        Type::Array(element) if **element != Type::BYTE => {
            let items =
                found.tokens().iter().map(|item| deserialize(m, item, element)).collect::<Outcome<_>>()?;
            Ok(Value::array((**element).clone(), items))
        }
        Type::Named(
            "System.Collections.Generic.List"
            | "System.Collections.Generic.IEnumerable"
            | "System.Collections.Generic.IList",
            inner,
        ) => {
            let element = inner.first().cloned().unwrap_or(Type::OBJECT);
            let items =
                found.tokens().iter().map(|item| deserialize(m, item, &element)).collect::<Outcome<_>>()?;
            Ok(Value::List(Items::new(Type::list(element), items)))
        }
        Type::Named(
            "System.Collections.Generic.Dictionary" | "System.Collections.Generic.IDictionary",
            inner,
        ) => {
            let value_type = inner.get(1).cloned().unwrap_or(Type::OBJECT);
            let ty = Type::generic("System.Collections.Generic.Dictionary", inner.to_vec());
            let dictionary = crate::value::Dictionary::new(ty, false);
            for property in found.tokens() {
                if let (Some(name), Some(value)) = (property.property_name(), property.property_value()) {
                    let value = deserialize(m, &value, &value_type)?;
                    dictionary.set(Value::text(&name), value);
                }
            }
            Ok(Value::Dictionary(dictionary))
        }
        &Type::OBJECT => Ok(found.scalar().unwrap_or_else(|| Value::Json(found.clone()))),
        _ if found.kind() == 10 && ty.name().is_some_and(|name| name.starts_with("Newtonsoft.")) => {
            Ok(if ty.is(TOKEN_NAME) || ty.is("Newtonsoft.Json.Linq.JValue") {
                Value::Json(found.clone())
            } else {
                Value::Null
            })
        }
        _ => to(&Value::Json(found.clone()), ty),
    }
}

/// A character that converts by way of `ushort`.
fn number(value: &Value) -> Value {
    match value {
        Value::Char(unit) => Value::UShort(*unit),
        other => other.clone(),
    }
}

macro_rules! from_token {
    ($(($ty:literal, $known:expr)),*) => {
        [$((concat!("static implicit operator JToken(", $ty, " value)"), (|_, c| Ok(Value::Json(json_of(&number(c.value(0)))))) as Run),
           (concat!("static implicit operator JToken(", $ty, "? value)"), (|_, c| Ok(Value::Json(json_of(&number(c.value(0)))))) as Run),
           (concat!("static explicit operator ", $ty, "(JToken value)"), (|_, c| to(c.value(0), &$known)) as Run),
           (concat!("static explicit operator ", $ty, "?(JToken value)"), (|_, c| to(c.value(0), &Type::nullable($known))) as Run)),*]
    };
}

const OPERATORS: [(&str, Run); 64] = from_token![
    ("bool", Type::BOOL),
    ("int", Type::INT),
    ("long", Type::LONG),
    ("double", Type::DOUBLE),
    ("float", Type::FLOAT),
    ("decimal", Type::DECIMAL),
    ("short", Type::SHORT),
    ("ushort", Type::USHORT),
    ("byte", Type::BYTE),
    ("uint", Type::UINT),
    ("ulong", Type::ULONG),
    ("DateTime", Type::named("System.DateTime")),
    ("DateTimeOffset", Type::named("System.DateTimeOffset")),
    ("TimeSpan", Type::named("System.TimeSpan")),
    ("Guid", Type::named("System.Guid")),
    ("sbyte", Type::SBYTE)
];

const OTHERS: &[(&str, Run)] = &[
    ("static implicit operator JToken(string value)", |_, c| Ok(Value::Json(json_of(c.value(0))))),
    ("static explicit operator string(JToken value)", |_, c| to(c.value(0), &Type::STRING)),
    ("static explicit operator char(JToken value)", |_, c| to(c.value(0), &Type::CHAR)),
    ("static explicit operator char?(JToken value)", |_, c| to(c.value(0), &Type::nullable(Type::CHAR))),
    ("static implicit operator JToken(byte[] value)", |_, c| Ok(Value::Json(json_of(c.value(0))))),
    ("static explicit operator byte[](JToken value)", |_, c| {
        to(c.value(0), &Type::Array(std::sync::Arc::new(Type::BYTE)))
    }),
    ("static implicit operator JToken(Uri value)", |_, c| Ok(Value::Json(json_of(c.value(0))))),
];

/// Conversions from and to structures.
pub const OF_STRUCTURES: TypeRow = row("Newtonsoft.Json.Linq.IJsonConversions", &OPERATORS);
/// Conversions from and to strings, bytes and URIs.
pub const OF_OBJECTS: TypeRow = row("Newtonsoft.Json.Linq.IJsonObjectConversions", OTHERS);

/// What tokens are when they are wanted as values of a type.
pub const TYPED: TypeRow = row(
    TOKEN_NAME,
    &[
        ("IEnumerable<T> Children<T>()", |_, c| {
            let ty = c.ty(0);
            let children = token(c.value(0))?.tokens().into_iter().map(Value::Json);
            Ok(Value::array(ty.clone(), children.filter(|child| convert::is(&ty, child)).collect()))
        }),
        ("IEnumerable<U> Values<U>()", |_, c| {
            let ty = c.ty(0);
            let children = token(c.value(0))?.tokens().into_iter();
            let values = children.map(|child| child.property_value().unwrap_or(child));
            let values = values.map(|value| to(&Value::Json(value), &ty)).collect::<Outcome<_>>()?;
            Ok(Value::array(ty, values))
        }),
    ],
);

const fn row(name: &'static str, members: &'static [(&'static str, Run)]) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases: &[], members, missing: &[] }
}
