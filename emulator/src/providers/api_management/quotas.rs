//! What was used of the quotas of `quota-by-key`, and what is to count as used:
//! <https://learn.microsoft.com/rest/api/apimanagement/quota-by-counter-keys>,
//! <https://learn.microsoft.com/rest/api/apimanagement/quota-by-period-keys>
//!
//! **Differs from Azure:** the period that is, and no earlier one, is there; its key is its number since the year 1,
//! whatever `first-period-start` says, and its length. Without a Redis the counters are those of the service's own
//! gateway: a self-hosted gateway's stay with it. A key with a `/` cannot be asked for.

use std::sync::Arc;

use apim::{QuotaChange, QuotaCounter, QuotaKey};
use arm::ErrorResponse;
use serde_json::{Value, json};
use sim::Timestamp;

use super::validation;
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Store, property};

/// 0001-01-01T00:00:00Z, from when on periods are numbered.
const BEGINNING: i64 = -62_135_596_800_000;
/// When a period ends that does not.
const NEVER: &str = "9999-12-31T23:59:59Z";
/// The bytes of a kilobyte.
const KILOBYTE: f64 = 1_024.0;

/// `GET …/quotas/{key}`
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    answer(emulator, call, Asked { change: QuotaChange::default(), period: None })
}

/// `PATCH …/quotas/{key}`
pub fn set_all(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    answer(emulator, call, Asked { change: change(call)?, period: None })
}

/// `GET …/quotas/{key}/periods/{period}`
pub fn one(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    answer(emulator, call, Asked { change: QuotaChange::default(), period: last(call) })
}

/// `PATCH …/quotas/{key}/periods/{period}`
pub fn set_one(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    answer(emulator, call, Asked { change: change(call)?, period: last(call) })
}

/// What a request is about.
struct Asked {
    change: QuotaChange,
    /// One period; `None` for all of them.
    period: Option<String>,
}

fn answer(emulator: &Emulator, call: &Call, asked: Asked) -> Result<Answer, ErrorResponse> {
    let service = call.holder(&Store::read(&emulator.store))?;
    let key = call.segments().get(9).copied().unwrap_or_default().to_owned();
    let key = QuotaKey { service: service.id.to_string(), key };
    let data_plane = Arc::clone(&emulator.config.data_plane);
    let Asked { mut change, period } = asked;
    Ok(Answer::later(async move {
        let absent = || ErrorResponse::new(404, "ResourceNotFound", "Quota counter not found.");
        if let Some(period) = &period {
            let found = data_plane.quota(&key, QuotaChange::default()).await;
            let found = found.filter(|found| period_key(found) == *period).ok_or_else(absent)?;
            // The period may end while this is answered.
            change.start = Some(found.start);
        }
        let counter = data_plane.quota(&key, change).await.ok_or_else(absent)?;
        let shown = shown(&key.key, &counter);
        Ok(Answer::json(200, if period.is_some() { shown } else { json!({"value": [shown], "count": 1}) }))
    }))
}

fn last(call: &Call) -> Option<String> {
    call.segments().last().map(|last| (*last).to_owned())
}

fn shown(key: &str, counter: &QuotaCounter) -> Value {
    let time = |millis: i64| Timestamp::from_unix_seconds(millis.div_euclid(1_000)).rfc3339();
    json!({
        "counterKey": key,
        "periodKey": period_key(counter),
        "periodStartTime": time(counter.start),
        "periodEndTime": counter.end.map_or_else(|| NEVER.to_owned(), time),
        "value": {"callsCount": counter.calls, "kbTransferred": kilobytes(counter.bytes)},
    })
}

/// The number of the period and its length.
fn period_key(counter: &QuotaCounter) -> String {
    let Some(length) = counter.end.map(|end| end.saturating_sub(counter.start).max(1)) else {
        return "0_PT0S".to_owned();
    };
    let number = counter.start.saturating_sub(BEGINNING).div_euclid(length);
    format!("{number}_{}", iso(length / 1_000))
}

/// A duration as .NET's `XmlConvert` writes it: `P1DT2H3M4S`.
fn iso(seconds: i64) -> String {
    let part = |number: i64, unit: &str| if number > 0 { format!("{number}{unit}") } else { String::new() };
    let days = part(seconds / 86_400, "D");
    let time =
        [part(seconds / 3_600 % 24, "H"), part(seconds / 60 % 60, "M"), part(seconds % 60, "S")].concat();
    match (days.is_empty(), time.is_empty()) {
        (true, true) => "PT0S".to_owned(),
        (_, true) => format!("P{days}"),
        _ => format!("P{days}T{time}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is lost is less than a byte in eight petabytes")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / KILOBYTE
}

/// What a PATCH sets.
fn change(call: &Call) -> Result<QuotaChange, ErrorResponse> {
    let body = call.json()?;
    let given = |name: &str| Some(property(&body, &["properties", name])).filter(|value| !value.is_null());
    let wrong =
        |name: &str| validation::field(name, format!("{name} must be a number that is not negative."));
    let calls = given("callsCount").map(|value| value.as_u64().ok_or_else(|| wrong("callsCount")));
    let bytes = given("kbTransferred").map(|value| bytes(value).ok_or_else(|| wrong("kbTransferred")));
    Ok(QuotaChange { start: None, calls: calls.transpose()?, bytes: bytes.transpose()? })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is within what a number holds"
)]
fn bytes(kilobytes: &Value) -> Option<u64> {
    let kilobytes = kilobytes.as_f64().filter(|number| (0.0..=1e12).contains(number))?;
    Some((kilobytes * KILOBYTE).round() as u64)
}
