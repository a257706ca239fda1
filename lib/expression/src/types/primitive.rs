//! `Boolean`, `Char` and the numbers.

use rust_decimal::Decimal;

use crate::failure::{Outcome, format_exception, null_argument, overflow};
use crate::registry::{Form, TypeRow};
use crate::run::{arithmetic, convert};
use crate::text::Str;
use crate::ty::Type;
use crate::value::Value;

fn wrong(text: &str) -> crate::failure::Throw {
    format_exception(&format!("The input string '{text}' was not in a correct format."))
}

/// Reads a number as `Parse` does.
pub fn parse(ty: &Type, text: &Value) -> Outcome {
    let Value::String(text) = text else { return Err(null_argument("s")) };
    let text = text.text();
    let plain = text.trim();
    match *ty {
        Type::DOUBLE => real(plain).map(Value::Double).ok_or_else(|| wrong(&text)),
        Type::FLOAT => real(plain).map(|value| Value::Float(value as f32)).ok_or_else(|| wrong(&text)),
        Type::DECIMAL => {
            plain.replace(',', "").parse::<Decimal>().map(Value::Decimal).map_err(|_| wrong(&text))
        }
        Type::BOOL => match plain.to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format_exception(&format!("String '{text}' was not recognized as a valid Boolean."))),
        },
        Type::CHAR => match Str::from(&*text).unit(0) {
            Some(unit) if Str::from(&*text).len() == 1 => Ok(Value::Char(unit)),
            _ => Err(format_exception("String must be exactly one character long.")),
        },
        _ => {
            let digits = plain.strip_prefix('-').or(plain.strip_prefix('+')).unwrap_or(plain);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong(&text));
            }
            match plain.parse::<i128>() {
                Ok(number) if arithmetic::fits(ty, number) => number_of(ty, number),
                _ => Err(overflow(article(ty))),
            }
        }
    }
}

fn number_of(ty: &Type, number: i128) -> Outcome {
    match i64::try_from(number) {
        Ok(number) => arithmetic::convert(ty, &Value::Long(number), false),
        Err(_) => Ok(Value::ULong(number as u64)),
    }
}

fn article(ty: &Type) -> &'static str {
    match *ty {
        Type::SBYTE => "a signed byte",
        Type::BYTE => "an unsigned byte",
        Type::SHORT => "an Int16",
        Type::USHORT => "a UInt16",
        Type::UINT => "a UInt32",
        Type::LONG => "an Int64",
        Type::ULONG => "a UInt64",
        _ => "an Int32",
    }
}

fn real(text: &str) -> Option<f64> {
    let plain = text.replace(',', "");
    let plausible = plain.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    match plain.as_str() {
        "NaN" => Some(f64::NAN),
        "Infinity" | "∞" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ if plausible => plain.parse().ok(),
        _ => None,
    }
}

macro_rules! number {
    ($const:ident, $name:literal, $keyword:literal, $ty:expr, $least:expr, $most:expr) => {
        pub const $const: TypeRow = TypeRow {
            name: $name,
            generics: &[],
            form: Form::Struct,
            bases: &[],
            members: &[
                (concat!("static ", $keyword, " MinValue { get; }"), |_, _| Ok($least)),
                (concat!("static ", $keyword, " MaxValue { get; }"), |_, _| Ok($most)),
                (concat!("static ", $keyword, " Parse(string s)"), |_, c| parse(&$ty, c.value(0))),
                (concat!("static bool TryParse(string s, out ", $keyword, " result)"), |m, c| {
                    let parsed = parse(&$ty, c.value(0));
                    let good = parsed.is_ok();
                    m.outs.push(parsed.unwrap_or_else(|_| convert::default(&$ty)));
                    Ok(Value::Bool(good))
                }),
                ("string ToString(string format)", |m, c| {
                    let format = match c.value(1) {
                        Value::String(format) => Some(format.text().into_owned()),
                        _ => None,
                    };
                    crate::format::formatted(m, c.value(0), format.as_deref()).map(Value::String)
                }),
                (concat!("int CompareTo(", $keyword, " value)"), |_, c| {
                    let order = arithmetic::order(c.value(0), c.value(1));
                    Ok(Value::Int(order.map_or(0, |order| order as i32)))
                }),
            ],
            missing: &["GetTypeCode", "TryFormat"],
        };
    };
}

number!(BYTE, "System.Byte", "byte", Type::BYTE, Value::Byte(u8::MIN), Value::Byte(u8::MAX));
number!(SBYTE, "System.SByte", "sbyte", Type::SBYTE, Value::SByte(i8::MIN), Value::SByte(i8::MAX));
number!(SHORT, "System.Int16", "short", Type::SHORT, Value::Short(i16::MIN), Value::Short(i16::MAX));
number!(USHORT, "System.UInt16", "ushort", Type::USHORT, Value::UShort(u16::MIN), Value::UShort(u16::MAX));
number!(INT, "System.Int32", "int", Type::INT, Value::Int(i32::MIN), Value::Int(i32::MAX));
number!(UINT, "System.UInt32", "uint", Type::UINT, Value::UInt(u32::MIN), Value::UInt(u32::MAX));
number!(LONG, "System.Int64", "long", Type::LONG, Value::Long(i64::MIN), Value::Long(i64::MAX));
number!(ULONG, "System.UInt64", "ulong", Type::ULONG, Value::ULong(u64::MIN), Value::ULong(u64::MAX));
number!(FLOAT, "System.Single", "float", Type::FLOAT, Value::Float(f32::MIN), Value::Float(f32::MAX));
number!(DOUBLE, "System.Double", "double", Type::DOUBLE, Value::Double(f64::MIN), Value::Double(f64::MAX));
number!(
    DECIMAL,
    "System.Decimal",
    "decimal",
    Type::DECIMAL,
    Value::Decimal(Decimal::MIN),
    Value::Decimal(Decimal::MAX)
);

pub const BOOL: TypeRow = TypeRow {
    name: "System.Boolean",
    generics: &[],
    form: Form::Struct,
    bases: &[],
    members: &[
        ("static bool Parse(string value)", |_, c| parse(&Type::BOOL, c.value(0))),
        ("static bool TryParse(string value, out bool result)", |m, c| {
            let parsed = parse(&Type::BOOL, c.value(0));
            let good = parsed.is_ok();
            m.outs.push(parsed.unwrap_or(Value::Bool(false)));
            Ok(Value::Bool(good))
        }),
        ("static string TrueString { get; }", |_, _| Ok(Value::text("True"))),
        ("static string FalseString { get; }", |_, _| Ok(Value::text("False"))),
    ],
    missing: &["CompareTo"],
};

fn character(unit: i64) -> char {
    u32::try_from(unit).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
}

pub const CHAR: TypeRow = TypeRow {
    name: "System.Char",
    generics: &[],
    form: Form::Struct,
    bases: &[],
    members: &[
        ("static bool IsDigit(char c)", |_, c| Ok(Value::Bool(character(c.integer(0)).is_ascii_digit()))),
        ("static bool IsNumber(char c)", |_, c| Ok(Value::Bool(character(c.integer(0)).is_numeric()))),
        ("static bool IsLetter(char c)", |_, c| Ok(Value::Bool(character(c.integer(0)).is_alphabetic()))),
        ("static bool IsLetterOrDigit(char c)", |_, c| {
            Ok(Value::Bool(character(c.integer(0)).is_alphanumeric()))
        }),
        ("static bool IsWhiteSpace(char c)", |_, c| Ok(Value::Bool(character(c.integer(0)).is_whitespace()))),
        ("static bool IsUpper(char c)", |_, c| Ok(Value::Bool(character(c.integer(0)).is_uppercase()))),
        ("static bool IsLower(char c)", |_, c| Ok(Value::Bool(character(c.integer(0)).is_lowercase()))),
        ("static bool IsPunctuation(char c)", |_, c| {
            Ok(Value::Bool(
                matches!(character(c.integer(0)), '!'..='#' | '%'..='*' | ','..='/' | ':' | ';' | '?' | '@' | '['..=']' | '_' | '{' | '}'),
            ))
        }),
        ("static bool IsControl(char c)", |_, c| Ok(Value::Bool(character(c.integer(0)).is_control()))),
        ("static char ToUpper(char c)", |_, c| Ok(Value::Char(upper(c.integer(0) as u16)))),
        ("static char ToLower(char c)", |_, c| Ok(Value::Char(lower(c.integer(0) as u16)))),
        ("static char ToUpperInvariant(char c)", |_, c| Ok(Value::Char(upper(c.integer(0) as u16)))),
        ("static char ToLowerInvariant(char c)", |_, c| Ok(Value::Char(lower(c.integer(0) as u16)))),
        ("static double GetNumericValue(char c)", |_, c| {
            Ok(Value::Double(character(c.integer(0)).to_digit(10).map_or(-1.0, f64::from)))
        }),
        ("static char Parse(string s)", |_, c| parse(&Type::CHAR, c.value(0))),
        ("static string ToString(char c)", |m, c| convert::text(m, c.value(0)).map(Value::String)),
    ],
    missing: &["IsSymbol", "IsSurrogate", "ConvertFromUtf32"],
};

/// One code unit in upper case, if that is one code unit.
pub fn upper(unit: u16) -> u16 {
    case(unit, |c| c.to_uppercase().next())
}

/// One code unit in lower case.
pub fn lower(unit: u16) -> u16 {
    case(unit, |c| c.to_lowercase().next())
}

fn case(unit: u16, change: impl Fn(char) -> Option<char>) -> u16 {
    let single = |c: char| if c == 'ß' { None } else { change(c) };
    char::from_u32(u32::from(unit))
        .and_then(single)
        .and_then(|c| u16::try_from(u32::from(c)).ok())
        .unwrap_or(unit)
}
