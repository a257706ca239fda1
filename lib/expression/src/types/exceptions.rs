//! `System.Exception` and what derives from it.

use crate::failure::Outcome;
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::text::Str;
use crate::value::{Exception, Value};

const fn class(
    name: &'static str,
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases: &[], members, missing }
}

fn message(c: Call<'_>) -> Outcome {
    match c.value(0) {
        Value::Exception(exception) => Ok(Value::String(exception.message.clone())),
        _ => Err(crate::failure::null_reference()),
    }
}

macro_rules! exceptions {
    ($($const:ident $name:literal $base:literal $default:literal),* $(,)?) => {$(
        pub const $const: TypeRow = TypeRow {
            bases: &[$base],
            ..class($name, &[
                ("new()", |_, _| Ok(Value::Exception(Exception { ty: $name, message: Str::from($default), inner: Value::Null }.into()))),
                ("new(string message)", |_, c| {
                    Ok(Value::Exception(Exception { ty: $name, message: c.text(0)?.clone(), inner: Value::Null }.into()))
                }),
                ("new(string message, Exception innerException)", |_, c| {
                    Ok(Value::Exception(Exception { ty: $name, message: c.text(0)?.clone(), inner: c.value(1).clone() }.into()))
                }),
            ], &[])
        };
    )*};
}

/// An exception whose message ends with the name of a parameter.
fn parameter(ty: &'static str, message: &str, name: &Value) -> Outcome {
    let message = match name {
        Value::String(name) => format!("{message} (Parameter '{name}')"),
        _ => message.to_owned(),
    };
    Ok(Value::Exception(Exception { ty, message: Str::from(message), inner: Value::Null }.into()))
}

fn parameter_name(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let Value::String(message) = message(c)? else { return Ok(Value::Null) };
    let message = message.text();
    let name = message.rsplit_once(" (Parameter '").and_then(|(_, rest)| rest.strip_suffix("')"));
    Ok(name.map_or(Value::Null, Value::text))
}

const ARGUMENT_NAME: &str = "System.ArgumentException";
const WITHIN: &str = "Value does not fall within the expected range.";

pub const ARGUMENT: TypeRow = TypeRow {
    bases: &["Exception"],
    ..class(
        ARGUMENT_NAME,
        &[
            ("new()", |_, _| parameter(ARGUMENT_NAME, WITHIN, &Value::Null)),
            ("new(string message)", |_, c| parameter(ARGUMENT_NAME, &c.text(0)?.text(), &Value::Null)),
            ("new(string message, string paramName)", |_, c| {
                parameter(ARGUMENT_NAME, &c.text(0)?.text(), c.value(1))
            }),
            ("string ParamName { get; }", parameter_name),
        ],
        &[],
    )
};

macro_rules! arguments {
    ($($const:ident $name:literal $default:literal),* $(,)?) => {$(
        pub const $const: TypeRow = TypeRow {
            bases: &["ArgumentException"],
            ..class($name, &[
                ("new()", |_, _| parameter($name, $default, &Value::Null)),
                ("new(string paramName)", |_, c| parameter($name, $default, c.value(0))),
                ("new(string paramName, string message)", |_, c| parameter($name, &c.text(1)?.text(), c.value(0))),
            ], &[])
        };
    )*};
}

arguments!(
    ARGUMENT_NULL "System.ArgumentNullException" "Value cannot be null.",
    ARGUMENT_OUT_OF_RANGE "System.ArgumentOutOfRangeException" "Specified argument was out of the range of valid values.",
);

exceptions!(
    ARITHMETIC "System.ArithmeticException" "Exception" "Overflow or underflow in the arithmetic operation.",
    DIVIDE_BY_ZERO "System.DivideByZeroException" "ArithmeticException" "Attempted to divide by zero.",
    FORMAT "System.FormatException" "Exception" "One of the identified items was in an invalid format.",
    INDEX_OUT_OF_RANGE "System.IndexOutOfRangeException" "Exception" "Index was outside the bounds of the array.",
    INVALID_CAST "System.InvalidCastException" "Exception" "Specified cast is not valid.",
    INVALID_OPERATION "System.InvalidOperationException" "Exception" "Operation is not valid due to the current state of the object.",
    JSON "Newtonsoft.Json.JsonException" "Exception" "JSON error.",
    JSON_READER "Newtonsoft.Json.JsonReaderException" "JsonException" "JSON error.",
    KEY_NOT_FOUND "System.Collections.Generic.KeyNotFoundException" "Exception" "The given key was not present in the dictionary.",
    NULL_REFERENCE "System.NullReferenceException" "Exception" "Object reference not set to an instance of an object.",
    CRYPTOGRAPHIC "System.Security.Cryptography.CryptographicException" "Exception" "Error occurred during a cryptographic operation.",
    NOT_IMPLEMENTED "System.NotImplementedException" "Exception" "The method or operation is not implemented.",
    NOT_SUPPORTED "System.NotSupportedException" "Exception" "Specified method is not supported.",
    TIME_ZONE_NOT_FOUND "System.TimeZoneNotFoundException" "Exception" "Exception of type 'System.TimeZoneNotFoundException' was thrown.",
    REGEX_PARSE "System.Text.RegularExpressions.RegexParseException" "ArgumentException" "Invalid pattern.",
    URI_FORMAT "System.UriFormatException" "FormatException" "Invalid URI: The format of the URI could not be determined.",
    XML "System.Xml.XmlException" "Exception" "An XML error has occurred.",
    OVERFLOW "System.OverflowException" "ArithmeticException" "Arithmetic operation resulted in an overflow.",
);

pub const EXCEPTION: TypeRow = class(
    "System.Exception",
    &[
        ("new()", |_, _| {
            let message = Str::from("Exception of type 'System.Exception' was thrown.");
            Ok(Value::Exception(Exception { ty: "System.Exception", message, inner: Value::Null }.into()))
        }),
        ("new(string message)", |_, c| {
            Ok(Value::Exception(
                Exception { ty: "System.Exception", message: c.text(0)?.clone(), inner: Value::Null }.into(),
            ))
        }),
        ("string Message { get; }", |_, c| message(c)),
        ("Exception InnerException { get; }", |_, c| match c.value(0) {
            Value::Exception(exception) => Ok(exception.inner.clone()),
            _ => Err(crate::failure::null_reference()),
        }),
    ],
    &["StackTrace", "Source", "Data", "HResult", "GetBaseException"],
);
