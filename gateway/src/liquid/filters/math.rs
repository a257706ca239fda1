//! Filters of numbers. What is no number stays as it is, or counts as none.

use super::{Value, argument};

type Result = std::result::Result<Value, String>;

/// Whole numbers stay whole as long as both are, and the outcome fits.
fn both(
    value: &Value,
    arguments: &[Value],
    whole: fn(i64, i64) -> Option<i64>,
    fraction: fn(f64, f64) -> f64,
) -> Result {
    let other = arguments.first().and_then(Value::number);
    Ok(match (value.number(), other) {
        (Some(Value::Int(left)), Some(Value::Int(right))) => match whole(left, right) {
            Some(outcome) => Value::Int(outcome),
            None => return Err("Liquid error: the numbers do not fit".to_owned()),
        },
        (Some(left), Some(right)) => {
            Value::Float(fraction(left.float().unwrap_or_default(), right.float().unwrap_or_default()))
        }
        _ => Value::Nil,
    })
}

pub fn abs(value: &Value, _: &[Value]) -> Result {
    Ok(match value.number() {
        Some(Value::Int(number)) => Value::Int(number.saturating_abs()),
        Some(Value::Float(number)) => Value::Float(number.abs()),
        _ => Value::Int(0),
    })
}

pub fn at_least(value: &Value, arguments: &[Value]) -> Result {
    both(value, arguments, |left, right| Some(left.max(right)), f64::max).map(|found| or(found, value))
}

pub fn at_most(value: &Value, arguments: &[Value]) -> Result {
    both(value, arguments, |left, right| Some(left.min(right)), f64::min).map(|found| or(found, value))
}

fn or(found: Value, otherwise: &Value) -> Value {
    if matches!(found, Value::Nil) { otherwise.clone() } else { found }
}

pub fn divided_by(value: &Value, arguments: &[Value]) -> Result {
    if arguments.first().and_then(Value::number) == Some(Value::Int(0)) {
        return Err("Liquid error: divided by 0".to_owned());
    }
    both(value, arguments, i64::checked_div, |left, right| left / right)
}

pub fn minus(value: &Value, arguments: &[Value]) -> Result {
    both(value, arguments, i64::checked_sub, |left, right| left - right)
}

pub fn modulo(value: &Value, arguments: &[Value]) -> Result {
    if arguments.first().and_then(Value::number) == Some(Value::Int(0)) {
        return Err("Liquid error: divided by 0".to_owned());
    }
    both(value, arguments, i64::checked_rem, |left, right| left % right)
}

/// With texts it joins them, as C#'s `+` does.
pub fn plus(value: &Value, arguments: &[Value]) -> Result {
    if let (Value::Text(left), Some(Value::Text(right))) = (value, arguments.first())
        && (value.number().is_none() || right.trim().parse::<f64>().is_err())
    {
        return Ok(Value::text(format!("{left}{right}")));
    }
    both(value, arguments, i64::checked_add, |left, right| left + right)
}

pub fn times(value: &Value, arguments: &[Value]) -> Result {
    both(value, arguments, i64::checked_mul, |left, right| left * right)
}

pub fn ceil(value: &Value, _: &[Value]) -> Result {
    Ok(value.float().map_or(Value::Nil, |number| integral(number.ceil())))
}

pub fn floor(value: &Value, _: &[Value]) -> Result {
    Ok(value.float().map_or(Value::Nil, |number| integral(number.floor())))
}

/// .NET rounds halves to the even digit.
pub fn round(value: &Value, arguments: &[Value]) -> Result {
    let places = arguments.first().and_then(Value::float).unwrap_or(0.0).clamp(0.0, 15.0);
    let Some(number) = value.float() else { return Ok(Value::Nil) };
    let scale = 10_f64.powf(places.trunc());
    let rounded = (number * scale).round_ties_even() / scale;
    Ok(if places < 1.0 { integral(rounded) } else { Value::Float(rounded) })
}

fn integral(number: f64) -> Value {
    format!("{number:.0}").parse().map_or(Value::Float(number), Value::Int)
}

/// In the invariant culture: `¤1,234.50`.
pub fn currency(value: &Value, arguments: &[Value]) -> Result {
    let Some(number) = value.float() else { return Ok(value.clone()) };
    let sign = match argument(arguments, 0).to_ascii_lowercase().as_str() {
        "" => "¤",
        "en-us" | "en-ca" | "en-au" => "$",
        "en-gb" => "£",
        other => {
            return Err(format!("Liquid error: the culture '{other}' is not implemented by the sandbox"));
        }
    };
    let digits = format!("{:.2}", number.abs());
    let (whole, cents) = digits.split_once('.').unwrap_or((&digits, "00"));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let money = format!("{sign}{grouped}.{cents}");
    Ok(Value::text(if number < 0.0 && sign == "¤" {
        format!("({money})")
    } else if number < 0.0 {
        format!("-{money}")
    } else {
        money
    }))
}
