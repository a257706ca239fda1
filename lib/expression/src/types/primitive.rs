//! The numbers.

use rust_decimal::Decimal;

use crate::failure::{Outcome, format_exception, null_argument, overflow};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::{Machine, arithmetic, convert};
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
        Type::DECIMAL => decimal(&text),
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

/// A number of the type, which must hold it.
pub fn number_of(ty: &Type, number: i128) -> Outcome {
    match i64::try_from(number) {
        Ok(number) => arithmetic::convert(ty, &Value::Long(number), false),
        Err(_) => Ok(Value::ULong(number as u64)),
    }
}

/// The type as messages of overflows name it.
pub fn article(ty: &Type) -> &'static str {
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

fn decimal(text: &str) -> Outcome {
    let plain = text.trim().replace(',', "");
    let digits = plain.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
    match plain.parse::<Decimal>() {
        Ok(number) if digits => Ok(Value::Decimal(number)),
        Err(
            rust_decimal::Error::ExceedsMaximumPossibleValue
            | rust_decimal::Error::LessThanMinimumPossibleValue,
        ) => Err(overflow("a Decimal")),
        _ => Err(wrong(text)),
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
    ($const:ident, $name:literal, $keyword:literal, $ty:expr, $least:expr, $most:expr $(, $base:literal)?) => {
        pub const $const: TypeRow = TypeRow {
            name: $name,
            generics: &[],
            form: Form::Struct,
            bases: &[$($base)?],
            members: &[
                (concat!("static ", $keyword, " MinValue { get; }"), |_, _| Ok($least)),
                (concat!("static ", $keyword, " MaxValue { get; }"), |_, _| Ok($most)),
                (concat!("static ", $keyword, " Parse(string s)"), |_, c| parse(&$ty, c.value(0))),
                (concat!("static bool TryParse(string s, out ", $keyword, " result)"), |m, c| {
                    try_parse(m, &$ty, c.value(0))
                }),
                ("string ToString(string format)", formatted),
                (concat!("bool Equals(", $keyword, " obj)"), |_, c| same(c)),
                ("bool Equals(object obj)", |_, c| same(c)),
                (concat!("int CompareTo(", $keyword, " value)"), |_, c| compare_to(c)),
                ("int CompareTo(object value)", |_, c| compare_to(c)),
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
number!(
    FLOAT,
    "System.Single",
    "float",
    Type::FLOAT,
    Value::Float(f32::MIN),
    Value::Float(f32::MAX),
    "IFloatMembers"
);
number!(
    DOUBLE,
    "System.Double",
    "double",
    Type::DOUBLE,
    Value::Double(f64::MIN),
    Value::Double(f64::MAX),
    "IDoubleMembers"
);
macro_rules! real {
    ($const:ident, $row:ident, $name:literal, $keyword:literal, $variant:ident, $float:ident) => {
        const $const: [(&str, Run); 10] = [
            (concat!("static ", $keyword, " NaN { get; }"), |_, _| Ok(Value::$variant($float::NAN))),
            (concat!("static ", $keyword, " PositiveInfinity { get; }"), |_, _| {
                Ok(Value::$variant($float::INFINITY))
            }),
            (concat!("static ", $keyword, " NegativeInfinity { get; }"), |_, _| {
                Ok(Value::$variant($float::NEG_INFINITY))
            }),
            (concat!("static ", $keyword, " Epsilon { get; }"), |_, _| {
                Ok(Value::$variant($float::from_bits(1)))
            }),
            (concat!("static bool IsNaN(", $keyword, " d)"), |_, c| is(c, f64::is_nan)),
            (concat!("static bool IsFinite(", $keyword, " d)"), |_, c| is(c, f64::is_finite)),
            (concat!("static bool IsInfinity(", $keyword, " d)"), |_, c| is(c, f64::is_infinite)),
            (concat!("static bool IsPositiveInfinity(", $keyword, " d)"), |_, c| {
                is(c, |d| d == f64::INFINITY)
            }),
            (concat!("static bool IsNegativeInfinity(", $keyword, " d)"), |_, c| {
                is(c, |d| d == f64::NEG_INFINITY)
            }),
            (concat!("static bool IsNegative(", $keyword, " d)"), |_, c| is(c, f64::is_sign_negative)),
        ];
        pub const $row: TypeRow = TypeRow {
            name: $name,
            generics: &[],
            form: Form::Interface,
            bases: &[],
            members: &$const,
            missing: &["IsNormal", "IsSubnormal"],
        };
    };
}

real!(FLOATS, FLOAT_MEMBERS, "System.IFloatMembers", "float", Float, f32);
real!(DOUBLES, DOUBLE_MEMBERS, "System.IDoubleMembers", "double", Double, f64);

fn is(c: Call<'_>, holds: fn(f64) -> bool) -> Outcome {
    Ok(Value::Bool(arithmetic::double(c.value(0)).is_some_and(holds)))
}

/// `Equals`: NaN equals itself.
pub fn same(c: Call<'_>) -> Outcome {
    let both_nan = [c.value(0), c.value(1)]
        .iter()
        .all(|v| matches!(v, Value::Double(d) if d.is_nan()) || matches!(v, Value::Float(d) if d.is_nan()));
    let alike = c.value(0).ty() == c.value(1).ty();
    Ok(Value::Bool(alike && (both_nan || convert::equal(c.value(0), c.value(1)))))
}

/// `ToString(format)`
pub fn formatted(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let format = match c.value(1) {
        Value::String(format) => Some(format.text().into_owned()),
        _ => None,
    };
    crate::format::formatted(m, c.value(0), format.as_deref()).map(Value::String)
}

/// `TryParse`
pub fn try_parse(m: &mut Machine<'_>, ty: &Type, text: &Value) -> Outcome {
    let parsed = parse(ty, text);
    let good = parsed.is_ok();
    m.rare().outs.push(parsed.unwrap_or_else(|_| convert::default(ty)));
    Ok(Value::Bool(good))
}

/// `CompareTo`: small numbers answer their difference, NaN is the smallest.
pub fn compare_to(c: Call<'_>) -> Outcome {
    let (a, b) = (c.value(0), c.value(1));
    if b.is_null() {
        return Ok(Value::Int(1));
    }
    if a.ty() != b.ty() {
        let name = convert::full_name(&a.ty());
        let name = name.rsplit('.').next().unwrap_or_default();
        return crate::failure::throw("System.ArgumentException", format!("Object must be of type {name}."));
    }
    let nan = |v: &Value| arithmetic::double(v).is_some_and(f64::is_nan);
    Ok(Value::Int(match (a, b) {
        (Value::Byte(_) | Value::SByte(_) | Value::Short(_) | Value::UShort(_) | Value::Char(_), _) => {
            (arithmetic::integer(a) - arithmetic::integer(b)) as i32
        }
        _ => arithmetic::order(a, b)
            .map_or_else(|| i32::from(nan(b)) - i32::from(nan(a)), |order| order as i32),
    }))
}
