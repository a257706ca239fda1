//! Resource quantities: `250m`, `0.5`, `512Mi`.
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use serde_json::Value;

/// A quantity in thousandths of its unit; 0 if it is missing or no quantity.
pub fn milli(quantity: &Value) -> u128 {
    match quantity {
        Value::String(text) => parse(text).unwrap_or(0),
        Value::Number(number) => parse(&number.to_string()).unwrap_or(0),
        _ => 0,
    }
}

fn parse(text: &str) -> Option<u128> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(digits)?;
    let scale: u128 = match suffix {
        "m" => 1,
        "" => 1_000,
        "k" => 1_000_000,
        "M" => 1_000_000_000,
        "G" => 1_000_000_000_000,
        "T" => 1_000_000_000_000_000,
        "Ki" => 1_000 << 10,
        "Mi" => 1_000 << 20,
        "Gi" => 1_000 << 30,
        "Ti" => 1_000 << 40,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.get(..fraction.len().min(6))?;
    let ten: u128 = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let value: u128 = format!("{whole}{fraction}").parse().ok()?;
    Some(value.checked_mul(scale)? / ten)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read() {
        for (quantity, expected) in [
            (json!("250m"), 250),
            (json!("0.5"), 500),
            (json!(2), 2_000),
            (json!("50Mi"), 52_428_800_000),
            (json!("1.5k"), 1_500_000),
            (json!("many"), 0),
            (json!(null), 0),
        ] {
            assert_eq!(milli(&quantity), expected, "{quantity}");
        }
    }
}
