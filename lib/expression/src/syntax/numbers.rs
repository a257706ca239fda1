//! Numeric literals.

use std::str::FromStr;

use diagnostic::Diagnostic;
use rust_decimal::Decimal;

use crate::code;
use crate::value::Value;

/// Reads the number at `at` and moves `at` behind it.
pub fn number(source: &str, at: &mut usize) -> Result<Value, Diagnostic> {
    let start = *at;
    let rest = source.get(start..).unwrap_or_default();
    let wrong =
        |end: usize, message: &str| Err(Diagnostic::new(code::SYNTAX, message).at(source, start..end));
    let radix = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 10,
    };
    let digits = if radix == 10 {
        decimal_length(rest)
    } else {
        2 + rest.bytes().skip(2).take_while(|b| b.is_ascii_hexdigit() || *b == b'_').count()
    };
    let body = rest.get(..digits).unwrap_or_default().replace('_', "");
    let suffix_length = rest.bytes().skip(digits).take(2).take_while(|b| b"uUlLfFdDmM".contains(b)).count();
    let suffix = rest.get(digits..digits + suffix_length).unwrap_or_default().to_ascii_lowercase();
    *at = start + digits + suffix_length;
    let real = radix == 10 && body.contains(['.', 'e', 'E']);
    if radix == 10 && (real || matches!(suffix.as_str(), "f" | "d" | "m")) {
        return match suffix.as_str() {
            "f" => body
                .parse()
                .map(Value::Float)
                .or_else(|_| wrong(*at, "Floating-point constant is outside the range of type 'float'")),
            "m" => Decimal::from_str(&body)
                .or_else(|_| Decimal::from_scientific(&body))
                .map(Value::Decimal)
                .or_else(|_| wrong(*at, "Floating-point constant is outside the range of type 'decimal'")),
            "" | "d" => body
                .parse()
                .map(Value::Double)
                .or_else(|_| wrong(*at, "Floating-point constant is outside the range of type 'double'")),
            _ => wrong(*at, "; expected"),
        };
    }
    let text = if radix == 10 { body.as_str() } else { body.get(2..).unwrap_or_default() };
    let Ok(number) = u64::from_str_radix(text, radix) else {
        return wrong(*at, if text.is_empty() { "Invalid number" } else { "Integral constant is too large" });
    };
    integer(number, &suffix).map_or_else(|| wrong(*at, "; expected"), Ok)
}

fn integer(number: u64, suffix: &str) -> Option<Value> {
    let unsigned = || u32::try_from(number).map_or(Value::ULong(number), Value::UInt);
    let long = || i64::try_from(number).map_or(Value::ULong(number), Value::Long);
    match suffix {
        "" => Some(match (i32::try_from(number), u32::try_from(number)) {
            (Ok(small), _) => Value::Int(small),
            (_, Ok(unsigned)) => Value::UInt(unsigned),
            _ => long(),
        }),
        "u" => Some(unsigned()),
        "l" => Some(long()),
        "ul" | "lu" => Some(Value::ULong(number)),
        _ => None,
    }
}

fn decimal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count()
    };
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
