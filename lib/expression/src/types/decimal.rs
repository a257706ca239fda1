//! `System.Decimal`.

use rust_decimal::Decimal;

use super::{math, primitive};
use crate::failure::{Outcome, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::arithmetic;
use crate::run::node::Op;
use crate::ty::Type;
use crate::value::Value;

fn new(c: Call<'_>) -> Outcome {
    arithmetic::convert(&Type::DECIMAL, c.value(0), true)
}

fn unary(c: Call<'_>, work: fn(&Decimal) -> Decimal) -> Outcome {
    match c.value(0) {
        Value::Decimal(value) => Ok(Value::Decimal(work(value))),
        _ => Err(crate::failure::null_reference()),
    }
}

fn binary(c: Call<'_>, op: Op) -> Outcome {
    arithmetic::binary(op, c.value(0), c.value(1))
}

/// `decimal.ToInt32`: without the fraction.
fn whole(c: Call<'_>, ty: &Type) -> Outcome {
    arithmetic::convert(ty, c.value(0), true)
}

/// From the parts of its representation.
fn parts(c: Call<'_>) -> Outcome {
    let scale = c.integer(4);
    if scale > 28 {
        return throw(
            "System.ArgumentOutOfRangeException",
            "Decimal's scale value must be between 0 and 28, inclusive. (Parameter 'scale')",
        );
    }
    let part = |at: usize| c.integer(at) as u32;
    let mut value = Decimal::from_parts(part(0), part(1), part(2), c.flag(3), scale as u32);
    value.set_sign_negative(c.flag(3));
    Ok(Value::Decimal(value))
}

const MEMBERS: &[(&str, Run)] = &[
    ("static decimal MinValue { get; }", |_, _| Ok(Value::Decimal(Decimal::MIN))),
    ("static decimal MaxValue { get; }", |_, _| Ok(Value::Decimal(Decimal::MAX))),
    ("static decimal Zero { get; }", |_, _| Ok(Value::Decimal(Decimal::ZERO))),
    ("static decimal One { get; }", |_, _| Ok(Value::Decimal(Decimal::ONE))),
    ("static decimal MinusOne { get; }", |_, _| Ok(Value::Decimal(Decimal::NEGATIVE_ONE))),
    ("static decimal Add(decimal d1, decimal d2)", |_, c| binary(c, Op::Add)),
    ("static decimal Subtract(decimal d1, decimal d2)", |_, c| binary(c, Op::Subtract)),
    ("static decimal Multiply(decimal d1, decimal d2)", |_, c| binary(c, Op::Multiply)),
    ("static decimal Divide(decimal d1, decimal d2)", |_, c| binary(c, Op::Divide)),
    ("static decimal Remainder(decimal d1, decimal d2)", |_, c| binary(c, Op::Remainder)),
    ("static decimal Negate(decimal d)", |_, c| unary(c, |d| -d)),
    ("static decimal Abs(decimal d)", |_, c| unary(c, Decimal::abs)),
    ("static decimal Floor(decimal d)", |_, c| unary(c, Decimal::floor)),
    ("static decimal Ceiling(decimal d)", |_, c| unary(c, Decimal::ceil)),
    ("static decimal Truncate(decimal d)", |_, c| unary(c, Decimal::trunc)),
    ("static decimal Round(decimal d)", |_, c| math::round(c)),
    ("static decimal Round(decimal d, int decimals)", |_, c| math::round(c)),
    ("static decimal Round(decimal d, MidpointRounding mode)", |_, c| math::round(c)),
    ("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |_, c| math::round(c)),
    ("static int Compare(decimal d1, decimal d2)", |_, c| {
        Ok(Value::Int(arithmetic::order(c.value(0), c.value(1)).map_or(0, |order| order as i32)))
    }),
    ("static bool Equals(decimal d1, decimal d2)", |_, c| {
        Ok(Value::Bool(crate::run::convert::equal(c.value(0), c.value(1))))
    }),
    ("static sbyte ToSByte(decimal value)", |_, c| whole(c, &Type::SBYTE)),
    ("static byte ToByte(decimal value)", |_, c| whole(c, &Type::BYTE)),
    ("static short ToInt16(decimal value)", |_, c| whole(c, &Type::SHORT)),
    ("static ushort ToUInt16(decimal value)", |_, c| whole(c, &Type::USHORT)),
    ("static int ToInt32(decimal d)", |_, c| whole(c, &Type::INT)),
    ("static uint ToUInt32(decimal d)", |_, c| whole(c, &Type::UINT)),
    ("static long ToInt64(decimal d)", |_, c| whole(c, &Type::LONG)),
    ("static ulong ToUInt64(decimal d)", |_, c| whole(c, &Type::ULONG)),
    ("static float ToSingle(decimal d)", |_, c| whole(c, &Type::FLOAT)),
    ("static double ToDouble(decimal d)", |_, c| whole(c, &Type::DOUBLE)),
    ("bool Equals(decimal value)", |_, c| {
        Ok(Value::Bool(crate::run::convert::equal(c.value(0), c.value(1))))
    }),
    ("static decimal Parse(string s)", |_, c| primitive::parse(&Type::DECIMAL, c.value(0))),
    ("static bool TryParse(string s, out decimal result)", |m, c| {
        primitive::try_parse(m, &Type::DECIMAL, c.value(0))
    }),
    ("string ToString(string format)", primitive::formatted),
    ("int CompareTo(decimal value)", |_, c| primitive::compare_to(c)),
    ("int CompareTo(object value)", |_, c| primitive::compare_to(c)),
    ("new(int value)", |_, c| new(c)),
    ("new(uint value)", |_, c| new(c)),
    ("new(long value)", |_, c| new(c)),
    ("new(ulong value)", |_, c| new(c)),
    ("new(float value)", |_, c| new(c)),
    ("new(double value)", |_, c| new(c)),
    ("new(int lo, int mid, int hi, bool isNegative, byte scale)", |_, c| parts(c)),
];

pub const DECIMAL: TypeRow = TypeRow {
    name: "System.Decimal",
    generics: &[],
    form: Form::Struct,
    bases: &[],
    members: MEMBERS,
    missing: &["GetBits", "ToOACurrency", "FromOACurrency", "GetTypeCode", "TryFormat"],
};
