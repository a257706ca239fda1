//! What verifying found out.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// All results, in the order of the scenario file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The checks, then the parts of the lessons.
    pub checks: Vec<CheckResult>,
}

impl Report {
    /// Nothing was found wrong.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// The checks that found something wrong.
    pub fn failed(&self) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(|check| !check.ok)
    }
}

/// The result of one check.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// Short name; parts of a lesson are called `LESSON/NUMBER`.
    pub id: String,
    /// What was checked, as a sentence.
    pub title: String,
    /// It is true, or was not asked (see `skipped`).
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// How long it took.
    #[serde(rename = "latencyMs", serialize_with = "milliseconds")]
    pub latency: Duration,
    /// Where it was looked from.
    pub vantage: Option<&'static str>,
    /// Why it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

impl CheckResult {
    pub(super) fn of(id: &str, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            ok: false,
            detail: String::new(),
            latency: Duration::ZERO,
            vantage: None,
            skipped: None,
        }
    }

    pub(super) fn vantage(mut self, vantage: &'static str) -> Self {
        self.vantage = Some(vantage);
        self
    }

    pub(super) fn skipped(mut self, reason: String) -> Self {
        self.ok = true;
        self.skipped = Some(reason);
        self
    }

    pub(super) fn seen(mut self, seen: Seen, latency: Duration) -> Self {
        (self.ok, self.detail) = match seen {
            Ok(detail) => (true, detail),
            Err(detail) => (false, detail),
        };
        self.latency = latency;
        self
    }
}

/// What was seen: as expected, or not.
pub(super) type Seen = Result<String, String>;

fn milliseconds<S: Serializer>(latency: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Hundredths of a millisecond are as exact as anybody needs.
    serializer.serialize_f64((latency.as_secs_f64() * 100_000.0).round() / 100.0)
}
