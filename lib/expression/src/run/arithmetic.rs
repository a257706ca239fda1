//! Arithmetic of C#: wrap-around for integers, exceptions for division by zero, IEEE for floating point.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::node::Op;
use crate::failure::{Outcome, overflow, throw};
use crate::time::TimeSpan;
use crate::ty::Type;
use crate::value::Value;

macro_rules! integer {
    ($op:expr, $a:expr, $b:expr, $variant:expr) => {
        Ok($variant(match $op {
            Op::Add => $a.wrapping_add($b),
            Op::Subtract => $a.wrapping_sub($b),
            Op::Multiply => $a.wrapping_mul($b),
            Op::Divide | Op::Remainder if $b == 0 => {
                return throw("System.DivideByZeroException", "Attempted to divide by zero.");
            }
            Op::Divide => match $a.checked_div($b) {
                Some(value) => value,
                None => {
                    return throw("System.OverflowException", "Arithmetic operation resulted in an overflow.")
                }
            },
            Op::Remainder => match $a.checked_rem($b) {
                Some(value) => value,
                None => {
                    return throw("System.OverflowException", "Arithmetic operation resulted in an overflow.")
                }
            },
            Op::And => $a & $b,
            Op::Or => $a | $b,
            Op::Xor => $a ^ $b,
            _ => $a,
        }))
    };
}

macro_rules! floating {
    ($op:expr, $a:expr, $b:expr, $variant:ident) => {
        Ok(Value::$variant(match $op {
            Op::Add => $a + $b,
            Op::Subtract => $a - $b,
            Op::Multiply => $a * $b,
            Op::Divide => $a / $b,
            _ => $a % $b,
        }))
    };
}

/// `left op right` of two `int`s.
#[inline]
pub fn ints(op: Op, left: i32, right: i32) -> Outcome<i32> {
    integer!(op, left, right, std::convert::identity)
}

/// `left op right` for operands of the same type, after promotion.
pub fn binary(op: Op, left: &Value, right: &Value) -> Outcome {
    if matches!(op, Op::Left | Op::Right) {
        return Ok(shift(op, left, integer(right)));
    }
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => ints(op, *a, *b).map(Value::Int),
        (Value::Long(a), Value::Long(b)) => integer!(op, *a, *b, Value::Long),
        (Value::UInt(a), Value::UInt(b)) => integer!(op, *a, *b, Value::UInt),
        (Value::ULong(a), Value::ULong(b)) => integer!(op, *a, *b, Value::ULong),
        (Value::Double(a), Value::Double(b)) => floating!(op, a, b, Double),
        (Value::Float(a), Value::Float(b)) => floating!(op, a, b, Float),
        (Value::Decimal(a), Value::Decimal(b)) => decimal(op, *a, *b),
        (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(match op {
            Op::And => *a && *b,
            Op::Or => *a || *b,
            _ => a != b,
        })),
        (Value::Enum(ty, a), Value::Enum(_, b)) => Ok(Value::Enum(
            ty,
            match op {
                Op::And => a & b,
                Op::Or => a | b,
                Op::Xor => a ^ b,
                _ => return Ok(Value::Int(a - b)),
            },
        )),
        _ => crate::time::arithmetic(op, left, right),
    }
}

/// Without zeros at the end, but with as many places as .NET keeps.
fn scaled(value: Decimal, places: u32) -> Decimal {
    let mut value = value.normalize();
    if value.scale() < places {
        value.rescale(places);
    }
    value
}

fn decimal(op: Op, a: Decimal, b: Decimal) -> Outcome {
    let value = match op {
        Op::Divide | Op::Remainder if b.is_zero() => {
            return throw("System.DivideByZeroException", "Attempted to divide by zero.");
        }
        Op::Add => a.checked_add(b),
        Op::Subtract => a.checked_sub(b),
        Op::Multiply if a.is_zero() || b.is_zero() => {
            Some(scaled(Decimal::ZERO, (a.scale() + b.scale()).min(28)))
        }
        Op::Multiply => a.checked_mul(b),
        Op::Divide => a.checked_div(b).map(|value| scaled(value, a.scale().saturating_sub(b.scale()))),
        _ if a.abs() < b.abs() => Some(a),
        _ => a.checked_rem(b).map(|value| scaled(value, a.scale().max(b.scale()))),
    };
    value.map_or_else(|| Err(overflow("a Decimal")), |value| Ok(Value::Decimal(value)))
}

fn shift(op: Op, value: &Value, count: i64) -> Value {
    let count = count as u32;
    let left = op == Op::Left;
    match value {
        Value::Int(a) => Value::Int(if left { a << (count & 31) } else { a >> (count & 31) }),
        Value::UInt(a) => Value::UInt(if left { a << (count & 31) } else { a >> (count & 31) }),
        Value::Long(a) => Value::Long(if left { a << (count & 63) } else { a >> (count & 63) }),
        Value::ULong(a) => Value::ULong(if left { a << (count & 63) } else { a >> (count & 63) }),
        other => other.clone(),
    }
}

/// How values are ordered; `None` for NaN and `null`.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) | (Value::Enum(_, a), Value::Enum(_, b)) => Some(a.cmp(b)),
        (Value::Long(a), Value::Long(b)) => Some(a.cmp(b)),
        (Value::UInt(a), Value::UInt(b)) => Some(a.cmp(b)),
        (Value::ULong(a), Value::ULong(b)) => Some(a.cmp(b)),
        (Value::Byte(a), Value::Byte(b)) => Some(a.cmp(b)),
        (Value::Short(a), Value::Short(b)) => Some(a.cmp(b)),
        (Value::Char(a), Value::Char(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.ticks.cmp(&b.ticks)),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => Some(a.utc_ticks().cmp(&b.utc_ticks())),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => Some(a.ticks.cmp(&b.ticks)),
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(super::convert::compare_text(a, b)),
        (Value::Json(a), Value::Json(b)) => order(&a.scalar()?, &b.scalar()?),
        (a, b) => Some(wide(a)?.cmp(&wide(b)?)),
    }
}

/// `<`, `<=`, `>`, `>=`
pub fn compare(op: Op, left: &Value, right: &Value) -> bool {
    order(left, right).is_some_and(|order| op.holds(order))
}

/// `-value`
pub fn negate(value: &Value) -> Outcome {
    Ok(match value {
        Value::Int(a) => Value::Int(a.wrapping_neg()),
        Value::Long(a) => Value::Long(a.wrapping_neg()),
        Value::Double(a) => Value::Double(-a),
        Value::Float(a) => Value::Float(-a),
        Value::Decimal(a) => Value::Decimal(if a.is_zero() { *a } else { -a }),
        Value::TimeSpan(a) => Value::TimeSpan(TimeSpan { ticks: a.ticks.wrapping_neg() }),
        other => other.clone(),
    })
}

/// `~value`
pub fn complement(value: &Value) -> Value {
    match value {
        Value::Int(a) => Value::Int(!a),
        Value::UInt(a) => Value::UInt(!a),
        Value::Long(a) => Value::Long(!a),
        Value::ULong(a) => Value::ULong(!a),
        Value::Enum(ty, a) => Value::Enum(ty, !a),
        other => other.clone(),
    }
}

/// The value of an integral type, a character or an enumeration.
pub fn integer(value: &Value) -> i64 {
    wide(value).map_or(0, |wide| wide as i64)
}

/// The same without loss.
pub fn wide(value: &Value) -> Option<i128> {
    Some(match value {
        Value::SByte(a) => i128::from(*a),
        Value::Byte(a) => i128::from(*a),
        Value::Short(a) => i128::from(*a),
        Value::UShort(a) | Value::Char(a) => i128::from(*a),
        Value::Int(a) | Value::Enum(_, a) => i128::from(*a),
        Value::UInt(a) => i128::from(*a),
        Value::Long(a) => i128::from(*a),
        Value::ULong(a) => i128::from(*a),
        Value::Bool(a) => i128::from(*a),
        _ => return None,
    })
}

/// A number as `double`.
pub fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(a) => Some(*a),
        Value::Float(a) => Some(f64::from(*a)),
        Value::Decimal(a) => a.to_f64(),
        other => wide(other).map(|wide| wide as f64),
    }
}

/// Converts a number to another numeric type as a cast does; `checked` fails where it does not fit.
pub fn convert(ty: &Type, value: &Value, checked: bool) -> Outcome {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match *ty {
        Type::DOUBLE => return Ok(Value::Double(double(value).unwrap_or_default())),
        Type::FLOAT => return Ok(Value::Float(double(value).unwrap_or_default() as f32)),
        Type::DECIMAL => {
            let number = match value {
                Value::Decimal(a) => Some(*a),
                Value::Double(a) => Decimal::from_f64(*a).and_then(|d| d.round_sf(15)),
                Value::Float(a) => Decimal::from_f32(*a).and_then(|d| d.round_sf(7)),
                other => wide(other).and_then(Decimal::from_i128),
            };
            return number.map_or_else(|| Err(overflow("a Decimal")), |d| Ok(Value::Decimal(d.normalize())));
        }
        _ => {}
    }
    let number = match value {
        Value::Decimal(a) => match a.trunc().to_i128() {
            Some(number) => number,
            None => return Err(overflow("an Int64")),
        },
        Value::Double(_) | Value::Float(_) => {
            let real = double(value).unwrap_or_default().trunc();
            // What the processor's conversion gives: the least number where it does not fit.
            match *ty {
                Type::LONG | Type::UINT if real.is_nan() || real.abs() > 9.223e18 => i128::from(i64::MIN),
                Type::ULONG if real.is_nan() || real >= 1.844_674_407_370_955e19 => 0,
                Type::ULONG | Type::LONG | Type::UINT => real as i128,
                _ if real.is_nan() || real.abs() > 2_147_483_648.0 => i128::from(i32::MIN),
                _ => real as i128,
            }
        }
        other => wide(other).unwrap_or_default(),
    };
    if checked || matches!(value, Value::Decimal(_)) {
        fit(ty, number)?;
    }
    Ok(wrap(ty, number))
}

fn fit(ty: &Type, number: i128) -> Outcome<()> {
    let (low, high, name) = match *ty {
        Type::SBYTE => (i128::from(i8::MIN), i128::from(i8::MAX), "a signed byte"),
        Type::BYTE => (0, 255, "an unsigned byte"),
        Type::SHORT => (i128::from(i16::MIN), i128::from(i16::MAX), "an Int16"),
        Type::USHORT => (0, 65535, "a UInt16"),
        Type::CHAR => (0, 65535, "a character"),
        Type::UINT => (0, i128::from(u32::MAX), "a UInt32"),
        Type::LONG => (i128::from(i64::MIN), i128::from(i64::MAX), "an Int64"),
        Type::ULONG => (0, i128::from(u64::MAX), "a UInt64"),
        _ => (i128::from(i32::MIN), i128::from(i32::MAX), "an Int32"),
    };
    if (low..=high).contains(&number) { Ok(()) } else { Err(overflow(name)) }
}

/// Whether a type is one of numbers.
pub fn is_number(ty: &Type) -> bool {
    ty.name().is_some_and(|name| {
        let simple = name.strip_prefix("System.").unwrap_or_default();
        matches!(simple, "Double" | "Single" | "Decimal" | "Byte" | "SByte")
            || simple.trim_start_matches('U').starts_with("Int")
    })
}

/// Whether a constant fits into a type.
pub fn fits(ty: &Type, number: i128) -> bool {
    fit(ty, number).is_ok()
}

fn wrap(ty: &Type, number: i128) -> Value {
    match ty {
        &Type::SBYTE => Value::SByte(number as i8),
        &Type::BYTE => Value::Byte(number as u8),
        &Type::SHORT => Value::Short(number as i16),
        &Type::USHORT => Value::UShort(number as u16),
        &Type::CHAR => Value::Char(number as u16),
        &Type::UINT => Value::UInt(number as u32),
        &Type::LONG => Value::Long(number as i64),
        &Type::ULONG => Value::ULong(number as u64),
        Type::Named(name, _) if *ty != Type::INT => Value::Enum(name, number as i32),
        _ => Value::Int(number as i32),
    }
}
