//! The fixed windows of quotas: how many calls were made since the period began.
//! <https://learn.microsoft.com/azure/api-management/quota-policy>

use apim::{QuotaChange, QuotaCounter};

/// When a quota is replenished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Never.
    Endless,
    /// Every so many seconds since the first call.
    SinceFirstCall(u32),
    /// Every so many seconds since this moment, in milliseconds since 1970.
    Since(i64, u32),
    /// In a while that begins and ends at these moments.
    Between(i64, i64),
}

/// How much may be used in a period; `None` for as much as one likes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// The calls.
    pub calls: Option<u64>,
    /// The bytes of bodies.
    pub bytes: Option<u64>,
}

/// What is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volume {
    /// The calls.
    Calls,
    /// The bytes.
    Bandwidth,
}

/// What was used of one counter.
#[derive(Debug, Default)]
pub struct Quota {
    calls: u64,
    bytes: u64,
    start: Option<i64>,
    end: Option<i64>,
}

/// All is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// All of what.
    pub volume: Volume,
    /// In how many seconds there are more; `None` for never.
    pub replenished_in: Option<u64>,
}

impl Quota {
    /// Whether there is something left.
    pub fn check(&mut self, allowance: Allowance, period: Period, now: i64) -> Result<(), Exhausted> {
        if self.start.is_none() || self.end.is_some_and(|end| end <= now) {
            let first = self.start.unwrap_or(now);
            let (start, end) = match period {
                Period::Endless => (first, None),
                Period::SinceFirstCall(seconds) => window(first, seconds, now),
                Period::Between(start, end) => (start, Some(end)),
                Period::Since(start, seconds) => window(start, seconds, now),
            };
            *self = Self { start: Some(start), end, ..Self::default() };
        }
        let volume = match allowance {
            Allowance { calls: Some(calls), .. } if self.calls >= calls => Volume::Calls,
            Allowance { bytes: Some(bytes), .. } if self.bytes >= bytes => Volume::Bandwidth,
            _ => return Ok(()),
        };
        let wait = self.end.map(|end| u64::try_from(end - now).unwrap_or(0).div_ceil(1_000).max(1));
        Err(Exhausted { volume, replenished_in: wait })
    }

    /// The calls that were counted in the period.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Counts.
    pub fn add(&mut self, calls: u64, bytes: u64) {
        self.calls = self.calls.saturating_add(calls);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// What was used in the period that is, after what is to be changed was changed.
    pub fn used(&mut self, change: QuotaChange, now: i64) -> Option<QuotaCounter> {
        let start =
            self.start.filter(|start| !self.is_over(now) && change.start.is_none_or(|at| at == *start))?;
        self.calls = change.calls.unwrap_or(self.calls);
        self.bytes = change.bytes.unwrap_or(self.bytes);
        Some(QuotaCounter { calls: self.calls, bytes: self.bytes, start, end: self.end })
    }

    /// Its period has ended.
    pub fn is_over(&self, now: i64) -> bool {
        self.end.is_some_and(|end| end <= now)
    }
}

fn window(first: i64, seconds: u32, now: i64) -> (i64, Option<i64>) {
    let length = i64::from(seconds.max(1)) * 1_000;
    let start = now - (now - first).rem_euclid(length);
    (start, Some(start + length))
}

/// A duration as .NET's `TimeSpan` writes it: `2.12:34:56`, the days only where there are any.
pub fn time_span(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    let clock = format!("{hours:02}:{minutes:02}:{seconds:02}");
    if days > 0 { format!("{days}.{clock}") } else { clock }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_replenished_when_its_period_ends() {
        let mut quota = Quota::default();
        let allowance = Allowance { calls: Some(1), bytes: Some(10) };
        let mut count = |calls, bytes, now| {
            let counted = quota.check(allowance, Period::SinceFirstCall(3_600), now);
            if counted.is_ok() {
                quota.add(calls, bytes);
            }
            counted.map_err(|exhausted| (exhausted.volume, exhausted.replenished_in))
        };
        assert_eq!(count(1, 0, 5_000), Ok(()));
        assert_eq!(count(1, 0, 6_000), Err((Volume::Calls, Some(3_599))));
        assert_eq!(count(0, 10, 3_605_000), Ok(()));
        assert_eq!(count(1, 0, 3_605_000), Err((Volume::Bandwidth, Some(3_600))));
        let none = Allowance { calls: Some(0), bytes: None };
        let used_up =
            |period, now| Quota::default().check(none, period, now).map_err(|found| found.replenished_in);
        assert_eq!(used_up(Period::Endless, i64::MAX), Err(None));
        assert_eq!(used_up(Period::Since(0, 300), 299_000), Err(Some(1)));
    }

    #[test]
    fn durations_are_written_as_dotnet_writes_them() {
        assert_eq!(time_span(50), "00:00:50");
        assert_eq!(time_span(1_231_436), "14.06:03:56");
    }
}
