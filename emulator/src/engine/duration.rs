//! Durations of ISO 8601, as Azure's properties write them.

use std::time::Duration;

/// The units before and behind the `T`, in seconds. Years and months have no fixed length.
const UNITS: [&[(char, u64)]; 2] = [&[('D', 86_400)], &[('H', 3_600), ('M', 60), ('S', 1)]];

/// `P1D`, `PT1H`, `PT30M`, `PT10S`, or all of them; whole numbers only.
pub fn duration(text: &str) -> Option<Duration> {
    let whole = text.strip_prefix('P').filter(|rest| !rest.is_empty() && !rest.ends_with('T'))?;
    let (days, time) = whole.split_once('T').unwrap_or((whole, ""));
    let mut seconds = 0_u64;
    for (mut rest, units) in [days, time].into_iter().zip(UNITS) {
        for (unit, factor) in units {
            if let Some((number, behind)) = rest.split_once(*unit) {
                seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(*factor)?)?;
                rest = behind;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_iso_8601() {
        for (text, expected) in [
            ("PT1H", Some(3_600)),
            ("PT1M30S", Some(90)),
            ("P1DT1S", Some(86_401)),
            ("P2D", Some(172_800)),
            ("PT0S", Some(0)),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("1H", None),
            ("P1H", None),
            ("PT1X", None),
            ("PT-1S", None),
            ("PT99999999999999999999H", None),
        ] {
            assert_eq!(duration(text), expected.map(Duration::from_secs), "{text}");
        }
    }
}
