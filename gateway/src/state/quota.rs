//! The fixed windows of quotas: how many calls were made since the period began.
//! <https://learn.microsoft.com/azure/api-management/quota-policy>

/// When a quota is replenished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Never.
    Endless,
    /// Every so many seconds since the first call.
    SinceFirstCall(u32),
    /// Every so many seconds since this moment, in milliseconds since 1970.
    Since(i64, u32),
}

/// The calls of one counter.
#[derive(Debug, Default)]
pub struct Quota {
    used: u64,
    start: Option<i64>,
    end: Option<i64>,
}

/// All calls are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// In how many seconds there are more; `None` for never.
    pub replenished_in: Option<u64>,
}

impl Quota {
    /// Counts a call if there is one left.
    pub fn count(&mut self, calls: u64, period: Period, now: i64) -> Result<(), Exhausted> {
        if self.start.is_none() || self.end.is_some_and(|end| end <= now) {
            let first = self.start.unwrap_or(now);
            let (start, end) = match period {
                Period::Endless => (first, None),
                Period::SinceFirstCall(seconds) => window(first, seconds, now),
                Period::Since(start, seconds) => window(start, seconds, now),
            };
            *self = Self { used: 0, start: Some(start), end };
        }
        if self.used >= calls {
            let wait = self.end.map(|end| u64::try_from(end - now).unwrap_or(0).div_ceil(1_000).max(1));
            return Err(Exhausted { replenished_in: wait });
        }
        self.used += 1;
        Ok(())
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
        let period = Period::SinceFirstCall(3_600);
        assert_eq!(quota.count(1, period, 5_000), Ok(()));
        assert_eq!(quota.count(1, period, 6_000), Err(Exhausted { replenished_in: Some(3_599) }));
        assert_eq!(quota.count(1, period, 3_605_000), Ok(()));
        assert_eq!(quota.count(1, period, 3_605_000), Err(Exhausted { replenished_in: Some(3_600) }));
        let mut endless = Quota::default();
        assert_eq!(endless.count(1, Period::Endless, 0), Ok(()));
        assert_eq!(endless.count(1, Period::Endless, i64::MAX), Err(Exhausted { replenished_in: None }));
        let mut fixed = Quota::default();
        assert_eq!(
            fixed.count(0, Period::Since(0, 300), 299_000),
            Err(Exhausted { replenished_in: Some(1) })
        );
    }

    #[test]
    fn durations_are_written_as_dotnet_writes_them() {
        assert_eq!(time_span(50), "00:00:50");
        assert_eq!(time_span(1_231_436), "14.06:03:56");
    }
}
