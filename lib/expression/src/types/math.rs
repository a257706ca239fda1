//! `System.Math`, `MidpointRounding`.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::failure::{Outcome, exception, throw};
use crate::registry::{Call, Form, TypeRow};
use crate::run::arithmetic;
use crate::value::Value;

pub const MIDPOINT_ROUNDING: TypeRow = TypeRow {
    name: "System.MidpointRounding",
    generics: &[],
    form: Form::Enum(&[
        ("ToEven", 0),
        ("AwayFromZero", 1),
        ("ToZero", 2),
        ("ToNegativeInfinity", 3),
        ("ToPositiveInfinity", 4),
    ]),
    bases: &[],
    members: &[],
    missing: &[],
};

fn number(c: Call<'_>, at: usize) -> f64 {
    arithmetic::double(c.value(at)).unwrap_or_default()
}

fn real(c: Call<'_>, work: fn(f64) -> f64) -> Outcome {
    Ok(Value::Double(work(number(c, 0))))
}

fn decimal(c: Call<'_>, at: usize) -> Decimal {
    match c.value(at) {
        Value::Decimal(value) => *value,
        _ => Decimal::ZERO,
    }
}

fn whole(c: Call<'_>, work: fn(Decimal) -> Decimal) -> Outcome {
    Ok(Value::Decimal(work(decimal(c, 0))))
}

/// The larger or the smaller; NaN if there is one.
fn pick(c: Call<'_>, most: bool) -> Outcome {
    let (a, b) = (c.value(0), c.value(1));
    let first = match arithmetic::order(a, b) {
        Some(order) if order.is_eq() => arithmetic::double(a).is_some_and(f64::is_sign_negative) != most,
        Some(order) => order.is_gt() == most,
        None => arithmetic::double(a).is_some_and(f64::is_nan),
    };
    Ok(if first { a } else { b }.clone())
}

fn clamp(c: Call<'_>) -> Outcome {
    let [value, least, most] = [c.value(0), c.value(1), c.value(2)];
    if arithmetic::order(least, most).is_some_and(std::cmp::Ordering::is_gt) {
        let show = |bound: &Value| match bound {
            Value::Double(bound) => crate::number::double(*bound),
            Value::Float(bound) => crate::number::float(*bound),
            Value::Decimal(bound) => bound.to_string(),
            other => arithmetic::wide(other).unwrap_or_default().to_string(),
        };
        let message = format!("'{}' cannot be greater than {}.", show(least), show(most));
        return throw("System.ArgumentException", message);
    }
    let below = arithmetic::order(value, least).is_some_and(std::cmp::Ordering::is_lt);
    let above = arithmetic::order(value, most).is_some_and(std::cmp::Ordering::is_gt);
    Ok(if below {
        least
    } else if above {
        most
    } else {
        value
    }
    .clone())
}

fn sign(c: Call<'_>) -> Outcome {
    let value = c.value(0);
    if arithmetic::double(value).is_some_and(f64::is_nan) {
        return throw(
            "System.ArithmeticException",
            "Function does not accept floating point Not-a-Number values.",
        );
    }
    let sign = match value {
        Value::Double(value) => value.partial_cmp(&0.0),
        Value::Float(value) => value.partial_cmp(&0.0),
        Value::Decimal(value) => Some(value.cmp(&Decimal::ZERO)),
        other => Some(arithmetic::wide(other).unwrap_or_default().cmp(&0)),
    };
    Ok(Value::Int(sign.map_or(0, |order| order as i32)))
}

fn strategy(mode: i32) -> RoundingStrategy {
    match mode {
        1 => RoundingStrategy::MidpointAwayFromZero,
        2 => RoundingStrategy::ToZero,
        3 => RoundingStrategy::ToNegativeInfinity,
        4 => RoundingStrategy::ToPositiveInfinity,
        _ => RoundingStrategy::MidpointNearestEven,
    }
}

/// `Math.Round`, `decimal.Round`: digits and mode in any order of overloads.
pub fn round(c: Call<'_>) -> Outcome {
    let (mut digits, mut mode) = (0, 0);
    for argument in c.arguments.iter().skip(1) {
        match argument {
            Value::Enum(_, value) => mode = *value,
            other => digits = arithmetic::integer(other),
        }
    }
    let wide = matches!(c.value(0), Value::Decimal(_));
    let most = if wide { 28 } else { 15 };
    let Some(digits) = u32::try_from(digits).ok().filter(|digits| *digits <= most) else {
        let (message, name) = if wide {
            ("Decimal can only round to between 0 and 28 digits of precision.", "decimals")
        } else {
            ("Rounding digits must be between 0 and 15, inclusive.", "digits")
        };
        return Err(crate::failure::out_of_range(message, name));
    };
    if let Value::Decimal(value) = c.value(0) {
        let rounded = value.round_dp_with_strategy(digits, strategy(mode));
        return Ok(Value::Decimal(rounded));
    }
    let value = number(c, 0);
    if value.abs() >= 1e16 || !value.is_finite() {
        return Ok(Value::Double(value));
    }
    let scale = 10_f64.powi(digits as i32);
    let scaled = value * scale;
    let rounded = match mode {
        1 => scaled.trunc() + if scaled.fract().abs() >= 0.5 { 1_f64.copysign(scaled) } else { 0.0 },
        2 => scaled.trunc(),
        3 => scaled.floor(),
        4 => scaled.ceil(),
        _ => scaled.round_ties_even(),
    };
    Ok(Value::Double(rounded / scale))
}

fn log(c: Call<'_>) -> Outcome {
    let (value, base) = (number(c, 0), number(c, 1));
    let unity = |x: f64| (x - 1.0).abs() < f64::EPSILON / 2.0;
    let undefined = unity(base) || (!unity(value) && (base == 0.0 || base == f64::INFINITY));
    Ok(Value::Double(if value.is_nan() {
        value
    } else if base.is_nan() {
        base
    } else if undefined {
        f64::NAN
    } else {
        value.ln() / base.ln()
    }))
}

fn negated() -> crate::failure::Throw {
    exception(
        "System.OverflowException",
        "Negating the minimum value of a twos complement number is invalid.",
    )
}

fn quotient(m: &mut crate::run::Machine<'_>, c: Call<'_>) -> Outcome {
    let divide = arithmetic::binary(crate::run::node::Op::Divide, c.value(0), c.value(1))?;
    let rest = arithmetic::binary(crate::run::node::Op::Remainder, c.value(0), c.value(1))?;
    m.rare().outs.push(rest);
    Ok(divide)
}

macro_rules! for_numbers {
    ($($keyword:literal)*) => {[
        $(
            (concat!("static ", $keyword, " Max(", $keyword, " val1, ", $keyword, " val2)"), (|_, c| pick(c, true)) as crate::registry::Run),
            (concat!("static ", $keyword, " Min(", $keyword, " val1, ", $keyword, " val2)"), |_, c| pick(c, false)),
            (concat!("static ", $keyword, " Clamp(", $keyword, " value, ", $keyword, " min, ", $keyword, " max)"), |_, c| clamp(c)),
        )*
    ]};
}

const BY_TYPE: [(&str, crate::registry::Run); 33] = for_numbers!(
    "sbyte" "byte" "short" "ushort" "int" "uint" "long" "ulong" "float" "double" "decimal"
);

/// `Max`, `Min`, `Clamp` for each type of number.
pub const COMPARED: TypeRow = TypeRow {
    name: "System.IMathByType",
    generics: &[],
    form: Form::Interface,
    bases: &[],
    members: &BY_TYPE,
    missing: &[],
};

macro_rules! absolute {
    ($variant:ident) => {
        |_, c| match c.value(0) {
            Value::$variant(value) => value.checked_abs().map(Value::$variant).ok_or_else(negated),
            _ => Err(crate::failure::null_reference()),
        }
    };
}

pub const MATH: TypeRow = TypeRow {
    name: "System.Math",
    generics: &[],
    form: Form::Class,
    bases: &["IMathByType"],
    members: &[
        ("static double PI { get; }", |_, _| Ok(Value::Double(std::f64::consts::PI))),
        ("static double E { get; }", |_, _| Ok(Value::Double(std::f64::consts::E))),
        ("static sbyte Abs(sbyte value)", absolute!(SByte)),
        ("static short Abs(short value)", absolute!(Short)),
        ("static int Abs(int value)", absolute!(Int)),
        ("static long Abs(long value)", absolute!(Long)),
        ("static float Abs(float value)", |_, c| Ok(Value::Float(number(c, 0).abs() as f32))),
        ("static double Abs(double value)", |_, c| real(c, f64::abs)),
        ("static decimal Abs(decimal value)", |_, c| whole(c, |value| value.abs())),
        ("static int Sign(sbyte value)", |_, c| sign(c)),
        ("static int Sign(short value)", |_, c| sign(c)),
        ("static int Sign(int value)", |_, c| sign(c)),
        ("static int Sign(long value)", |_, c| sign(c)),
        ("static int Sign(float value)", |_, c| sign(c)),
        ("static int Sign(double value)", |_, c| sign(c)),
        ("static int Sign(decimal value)", |_, c| sign(c)),
        ("static double Round(double a)", |_, c| round(c)),
        ("static decimal Round(decimal d)", |_, c| round(c)),
        ("static double Round(double value, int digits)", |_, c| round(c)),
        ("static decimal Round(decimal d, int decimals)", |_, c| round(c)),
        ("static double Round(double value, MidpointRounding mode)", |_, c| round(c)),
        ("static decimal Round(decimal d, MidpointRounding mode)", |_, c| round(c)),
        ("static double Round(double value, int digits, MidpointRounding mode)", |_, c| round(c)),
        ("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |_, c| round(c)),
        ("static double Floor(double d)", |_, c| real(c, f64::floor)),
        ("static decimal Floor(decimal d)", |_, c| whole(c, |value| value.floor())),
        ("static double Ceiling(double a)", |_, c| real(c, f64::ceil)),
        ("static decimal Ceiling(decimal d)", |_, c| whole(c, |value| value.ceil())),
        ("static double Truncate(double d)", |_, c| real(c, f64::trunc)),
        ("static decimal Truncate(decimal d)", |_, c| whole(c, |value| value.trunc())),
        ("static double Sqrt(double d)", |_, c| real(c, f64::sqrt)),
        ("static double Cbrt(double d)", |_, c| real(c, f64::cbrt)),
        ("static double Log(double d)", |_, c| real(c, f64::ln)),
        ("static double Log(double a, double newBase)", |_, c| log(c)),
        ("static double Log10(double d)", |_, c| real(c, f64::log10)),
        ("static double Log2(double x)", |_, c| real(c, f64::log2)),
        ("static double Exp(double d)", |_, c| real(c, f64::exp)),
        ("static double Pow(double x, double y)", |_, c| Ok(Value::Double(number(c, 0).powf(number(c, 1))))),
        ("static double Sin(double a)", |_, c| real(c, f64::sin)),
        ("static double Cos(double d)", |_, c| real(c, f64::cos)),
        ("static double Tan(double a)", |_, c| real(c, f64::tan)),
        ("static double Asin(double d)", |_, c| real(c, f64::asin)),
        ("static double Acos(double d)", |_, c| real(c, f64::acos)),
        ("static double Atan(double d)", |_, c| real(c, f64::atan)),
        ("static double Atan2(double y, double x)", |_, c| {
            Ok(Value::Double(number(c, 0).atan2(number(c, 1))))
        }),
        ("static double Sinh(double value)", |_, c| real(c, f64::sinh)),
        ("static double Cosh(double value)", |_, c| real(c, f64::cosh)),
        ("static double Tanh(double value)", |_, c| real(c, f64::tanh)),
        ("static double Asinh(double d)", |_, c| real(c, f64::asinh)),
        ("static double Acosh(double d)", |_, c| real(c, f64::acosh)),
        ("static double Atanh(double d)", |_, c| real(c, f64::atanh)),
        ("static double CopySign(double x, double y)", |_, c| {
            Ok(Value::Double(number(c, 0).copysign(number(c, 1))))
        }),
        ("static long BigMul(int a, int b)", |_, c| Ok(Value::Long(c.integer(0) * c.integer(1)))),
        ("static int DivRem(int a, int b, out int result)", quotient),
        ("static long DivRem(long a, long b, out long result)", quotient),
    ],
    missing: &["IEEERemainder", "ScaleB", "ILogB", "FusedMultiplyAdd", "BitIncrement", "BitDecrement"],
};
