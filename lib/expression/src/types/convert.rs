//! `System.Convert`.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::failure::{Outcome, format_exception, null_argument, out_of_range, overflow, throw};
use crate::registry::{Call, Form, TypeRow};
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::Value;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

fn title(ty: &Type) -> &'static str {
    ty.name().and_then(|name| name.rsplit('.').next()).unwrap_or_default()
}

/// The types that convert to and from each other, strings apart.
fn convertible(value: &Value) -> bool {
    arithmetic::double(value).is_some() || matches!(value, Value::DateTime(_) | Value::Enum(..))
}

fn to_type(c: Call<'_>, ty: &Type) -> Outcome {
    to(c.value(0), ty)
}

/// Converts to a basic type as `Convert.ToInt32` and its siblings do.
pub fn to(value: &Value, ty: &Type) -> Outcome {
    let real = |ty: &Type| matches!(*ty, Type::DOUBLE | Type::FLOAT | Type::DECIMAL);
    match value {
        Value::Null => Ok(convert::default(ty)),
        Value::String(_) => super::primitive::parse(ty, value),
        Value::Json(token) if token.scalar().is_some() => super::json_convert::to(value, ty),
        other if !convertible(other) => {
            let from = convert::full_name(&other.ty());
            let message = format!("Unable to cast object of type '{from}' to type 'System.IConvertible'.");
            throw("System.InvalidCastException", message)
        }
        other if other.ty() == *ty => Ok(other.clone()),
        _ if strange(value, ty) => refused(value, ty),
        number if *ty == Type::BOOL => Ok(Value::Bool(arithmetic::double(number).unwrap_or_default() != 0.0)),
        Value::Decimal(number) if !real(ty) => {
            let whole = number.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointNearestEven);
            arithmetic::convert(ty, &Value::Decimal(whole), true)
        }
        Value::Double(_) | Value::Float(_) if !real(ty) => {
            rounded(arithmetic::double(value).unwrap_or_default(), ty)
        }
        other => arithmetic::convert(ty, other, true),
    }
}

/// Whether nothing of the value can be of the type.
fn strange(value: &Value, ty: &Type) -> bool {
    match value {
        Value::DateTime(_) => true,
        Value::Bool(_) | Value::Double(_) | Value::Float(_) | Value::Decimal(_) => *ty == Type::CHAR,
        Value::Char(_) => matches!(*ty, Type::DOUBLE | Type::FLOAT | Type::DECIMAL | Type::BOOL),
        _ => false,
    }
}

fn refused(value: &Value, ty: &Type) -> Outcome {
    let message = format!("Invalid cast from '{}' to '{}'.", title(&value.ty()), title(ty));
    throw("System.InvalidCastException", message)
}

/// The nearest whole number; the small types go through `int`.
fn rounded(value: f64, ty: &Type) -> Outcome {
    let whole = value.round_ties_even();
    let within = |low: f64, high: f64| whole >= low && whole <= high;
    match *ty {
        Type::LONG if !within(-9.223_372_036_854_776e18, 9.223_372_036_854_774e18) => unfit(),
        Type::ULONG if !within(0.0, 1.844_674_407_370_955e19) => unfit(),
        Type::UINT if !within(0.0, f64::from(u32::MAX)) => Err(overflow("a UInt32")),
        Type::LONG | Type::ULONG | Type::UINT => arithmetic::convert(ty, &Value::Double(whole), false),
        _ if !within(f64::from(i32::MIN), f64::from(i32::MAX)) => Err(overflow("an Int32")),
        _ => arithmetic::convert(ty, &Value::Int(whole as i32), true),
    }
}

fn unfit() -> Outcome {
    throw("System.OverflowException", "Arithmetic operation resulted in an overflow.")
}

/// The bits of the type: numbers in other bases than ten are two's complements.
fn bits(ty: &Type) -> (u32, bool) {
    match *ty {
        Type::SBYTE => (8, true),
        Type::BYTE => (8, false),
        Type::SHORT => (16, true),
        Type::USHORT => (16, false),
        Type::INT => (32, true),
        Type::UINT => (32, false),
        Type::LONG => (64, true),
        _ => (64, false),
    }
}

fn base(c: Call<'_>) -> Outcome<u32> {
    match c.integer(1) {
        base @ (2 | 8 | 10 | 16) => Ok(base as u32),
        _ => throw("System.ArgumentException", "Invalid Base."),
    }
}

/// `Convert.ToInt32(text, 16)`
fn radix(c: Call<'_>, ty: &Type) -> Outcome {
    let base = base(c)?;
    let Value::String(text) = c.value(0) else { return Ok(convert::default(ty)) };
    let text = text.text();
    let (bits, signed) = bits(ty);
    if text.is_empty() {
        let message =
            "Index was out of range. Must be non-negative and less than the size of the collection.";
        return Err(out_of_range(message, "startIndex"));
    }
    let mut rest: &str = &text;
    let mut negative = false;
    if base == 10 {
        rest = rest.trim_start();
    }
    if let Some(digits) = rest.strip_prefix('-') {
        if base != 10 {
            let message = "String cannot contain a minus sign if the base is not 10.";
            return throw("System.ArgumentException", message);
        }
        if !signed {
            let message =
                "The string was being parsed as an unsigned number and could not have a negative sign.";
            return throw("System.OverflowException", message);
        }
        (negative, rest) = (true, digits);
    } else {
        rest = rest.strip_prefix('+').unwrap_or(rest);
    }
    if base == 16 {
        rest = rest.strip_prefix("0x").or(rest.strip_prefix("0X")).unwrap_or(rest);
    }
    let length = rest.chars().take_while(|c| c.is_digit(base)).count();
    if length == 0 {
        return Err(format_exception("Could not find any recognizable digits."));
    }
    if length < rest.len() {
        return Err(format_exception("Additional non-parsable characters are at the end of the string."));
    }
    let number = i128::from_str_radix(rest, base).unwrap_or(i128::MAX);
    let number = if negative { -number } else { number };
    if base != 10 {
        if number >> bits.max(32) != 0 {
            return Err(overflow(if bits == 64 { "a UInt64" } else { "a UInt32" }));
        }
        if number >> bits != 0 {
            return Err(overflow(super::primitive::article(ty)));
        }
        return arithmetic::convert(ty, &Value::ULong(number as u64), false);
    }
    if !arithmetic::fits(ty, number) {
        return Err(overflow(super::primitive::article(ty)));
    }
    super::primitive::number_of(ty, number)
}

fn in_base(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (number, bits) = match c.value(0) {
        Value::Byte(value) => (i64::from(*value), 8),
        Value::Short(value) => (i64::from(*value), 16),
        Value::Int(value) => (i64::from(*value), 32),
        other => (arithmetic::integer(other), 64),
    };
    let mask = number as u64 & (u64::MAX >> (64 - bits));
    let base = base(c)?;
    m.string(match base {
        2 => format!("{mask:b}"),
        8 => format!("{mask:o}"),
        16 => format!("{mask:x}"),
        _ => number.to_string(),
    })
}

fn encoded(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let Value::Array(items) = c.value(0) else { return Err(null_argument("inArray")) };
    let bytes: Vec<u8> = items.lock().iter().map(|item| arithmetic::integer(item) as u8).collect();
    let (start, length) = if c.sets(2) { (c.integer(1), c.integer(2)) } else { (0, bytes.len() as i64) };
    if length < 0 {
        let message =
            "Index was out of range. Must be non-negative and less than the size of the collection.";
        return Err(out_of_range(message, "length"));
    }
    if start < 0 {
        return Err(out_of_range("Value must be positive.", "offset"));
    }
    let Some(part) = bytes.get(start as usize..(start + length) as usize) else {
        return Err(out_of_range("Offset and length must refer to a position in the string.", "offset"));
    };
    m.string(BASE64.encode(part))
}

fn decoded(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let text: String = match c.value(0) {
        Value::String(text) => {
            text.text().chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')).collect()
        }
        _ => return Err(null_argument("s")),
    };
    m.charge(text.len() * 24)?;
    let message = "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.";
    BASE64.decode(text).map(|bytes| Value::bytes(&bytes)).map_err(|_| format_exception(message))
}

/// `ChangeType`: to a basic type or to a date.
pub fn change(value: &Value, ty: &Type) -> Outcome {
    if !ty.is("System.DateTime") {
        return to(value, ty);
    }
    match value {
        Value::Null => Ok(convert::default(ty)),
        Value::String(_) => super::date_time::parse(value),
        Value::Json(_) | Value::DateTime(_) => to(value, ty),
        other if convertible(other) => refused(other, ty),
        other => to(other, ty),
    }
}

fn to_char(c: Call<'_>) -> Outcome {
    match c.value(0) {
        Value::Null => Err(null_argument("value")),
        text @ Value::String(_) => super::primitive::parse(&Type::CHAR, text),
        _ => to_type(c, &Type::CHAR),
    }
}

fn to_text(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    convert::text(m, c.value(0)).map(crate::value::Value::String)
}

fn from_hex(c: Call<'_>) -> Outcome {
    let text = c.text(0)?.text();
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
    bytes.map(|bytes| Value::bytes(&bytes)).ok_or_else(|| {
        format_exception(
            "The input is not a valid hex string as it contains a non-hex character or has an odd length.",
        )
    })
}

macro_rules! whole {
    ($name:literal, $keyword:literal, $ty:expr) => {
        [
            (
                concat!("static ", $keyword, " To", $name, "(object value)"),
                (|_, c| to_type(c, &$ty)) as crate::registry::Run,
            ),
            (concat!("static ", $keyword, " To", $name, "(string value, int fromBase)"), |_, c| {
                radix(c, &$ty)
            }),
        ]
    };
}

const SBYTE: [(&str, crate::registry::Run); 2] = whole!("SByte", "sbyte", Type::SBYTE);
const BYTE: [(&str, crate::registry::Run); 2] = whole!("Byte", "byte", Type::BYTE);
const SHORT: [(&str, crate::registry::Run); 2] = whole!("Int16", "short", Type::SHORT);
const USHORT: [(&str, crate::registry::Run); 2] = whole!("UInt16", "ushort", Type::USHORT);
const INT: [(&str, crate::registry::Run); 2] = whole!("Int32", "int", Type::INT);
const UINT: [(&str, crate::registry::Run); 2] = whole!("UInt32", "uint", Type::UINT);
const LONG: [(&str, crate::registry::Run); 2] = whole!("Int64", "long", Type::LONG);
const ULONG: [(&str, crate::registry::Run); 2] = whole!("UInt64", "ulong", Type::ULONG);

pub const CONVERT: TypeRow = TypeRow {
    name: "System.Convert",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: &[
        SBYTE[0],
        SBYTE[1],
        BYTE[0],
        BYTE[1],
        SHORT[0],
        SHORT[1],
        USHORT[0],
        USHORT[1],
        INT[0],
        INT[1],
        UINT[0],
        UINT[1],
        LONG[0],
        LONG[1],
        ULONG[0],
        ULONG[1],
        ("static bool ToBoolean(object value)", |_, c| to_type(c, &Type::BOOL)),
        ("static char ToChar(object value)", |_, c| to_char(c)),
        ("static double ToDouble(object value)", |_, c| to_type(c, &Type::DOUBLE)),
        ("static float ToSingle(object value)", |_, c| to_type(c, &Type::FLOAT)),
        ("static decimal ToDecimal(object value)", |_, c| to_type(c, &Type::DECIMAL)),
        ("static string ToString(string value)", |_, c| Ok(c.value(0).clone())),
        ("static string ToString(object value)", to_text),
        ("static string ToString(byte value, int toBase)", in_base),
        ("static string ToString(short value, int toBase)", in_base),
        ("static string ToString(int value, int toBase)", in_base),
        ("static string ToString(long value, int toBase)", in_base),
        ("static DateTime ToDateTime(object value)", |_, c| {
            change(c.value(0), &Type::named("System.DateTime"))
        }),
        ("static string ToBase64String(byte[] inArray)", encoded),
        ("static string ToBase64String(byte[] inArray, int offset, int length)", encoded),
        ("static byte[] FromBase64String(string s)", decoded),
        ("static string ToHexString(byte[] inArray)", |m, c| m.string(super::certificate::hex(&c.bytes(0)?))),
        ("static byte[] FromHexString(string s)", |_, c| from_hex(c)),
    ],
    missing: &["ChangeType", "ToBase64CharArray", "FromBase64CharArray", "IsDBNull", "DBNull"],
};
