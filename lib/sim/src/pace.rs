//! How fast long-running operations progress.

use std::time::Duration;

/// How fast an operation that takes minutes in Azure completes here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Done when the request returns its first answer.
    Instant,
    /// Milliseconds: long enough that clients meet the intermediate states.
    #[default]
    Quick,
    /// As long as Azure takes.
    Realistic,
}

impl Pace {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Quick => "quick",
            Self::Realistic => "realistic",
        }
    }

    /// How long an operation runs that takes `azure` in Azure.
    pub fn duration(self, azure: Duration) -> Duration {
        match self {
            Self::Instant => Duration::ZERO,
            Self::Quick => (azure / 20_000).clamp(Duration::from_millis(2), Duration::from_millis(150)),
            Self::Realistic => azure,
        }
    }
}

impl std::str::FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "instant" => Ok(Self::Instant),
            "quick" => Ok(Self::Quick),
            "realistic" => Ok(Self::Realistic),
            other => Err(format!("`{other}` is not a pace: use instant, quick or realistic")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_is_milliseconds_and_keeps_the_order_of_durations() {
        let (service, cluster) = (Duration::from_mins(45), Duration::from_mins(5));
        assert!(Pace::Quick.duration(service) > Pace::Quick.duration(cluster));
        assert!(Pace::Quick.duration(service) <= Duration::from_millis(150));
        assert_eq!(Pace::Instant.duration(service), Duration::ZERO);
        assert_eq!("realistic".parse::<Pace>().map(|pace| pace.duration(service)), Ok(service));
    }
}
