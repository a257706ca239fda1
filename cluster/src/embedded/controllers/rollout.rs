//! The arithmetic of a rolling update: how many Pods each ReplicaSet of a Deployment may have now.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment>

use serde_json::Value;

/// The largest number that a count of Kubernetes can have.
const MOST: u64 = i32::MAX as u64;

/// What a ReplicaSet has and wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many Pods it wants.
    pub wanted: u64,
    /// How many of its Pods are available.
    pub available: u64,
}

/// The limits of a rolling update, in Pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many Pods there may be above the wanted number.
    pub surge: u64,
    /// How many Pods may be missing.
    pub unavailable: u64,
}

impl Limits {
    /// The limits that a `rollingUpdate` gives for a number of replicas.
    pub fn of(strategy: &Value, replicas: u64) -> Self {
        let surge = resolve(&strategy["maxSurge"], replicas, Rounding::Up);
        let unavailable = resolve(&strategy["maxUnavailable"], replicas, Rounding::Down);
        // With neither, nothing could ever move.
        let (surge, unavailable) = (surge.min(MOST), unavailable.min(MOST));
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
        Self { surge, unavailable: unavailable.min(replicas) }
    }
}

/// What the new ReplicaSet may want now.
pub fn scale_up(new: Count, old: &[Count], replicas: u64, limits: Limits) -> u64 {
    if new.wanted >= replicas {
        return replicas;
    }
    let total = new.wanted + old.iter().map(|set| set.wanted).sum::<u64>();
    let room = (replicas + limits.surge).saturating_sub(total);
    new.wanted + room.min(replicas - new.wanted)
}

/// What the old ReplicaSets (oldest first) may want now.
pub fn scale_down(new: Count, old: &[Count], replicas: u64, limits: Limits) -> Vec<u64> {
    let least = replicas - limits.unavailable;
    let total = new.wanted + old.iter().map(|set| set.wanted).sum::<u64>();
    let new_unavailable = new.wanted.saturating_sub(new.available);
    let mut removable = total.saturating_sub(least + new_unavailable);
    let mut wanted: Vec<u64> = old.iter().map(|set| set.wanted).collect();
    // First those that nobody would miss.
    for (wanted, set) in wanted.iter_mut().zip(old) {
        let gone = set.wanted.saturating_sub(set.available).min(removable);
        *wanted -= gone;
        removable -= gone;
    }
    let available = new.available + old.iter().map(|set| set.available).sum::<u64>();
    let mut removable = available.saturating_sub(least);
    for (wanted, set) in wanted.iter_mut().zip(old) {
        let gone = (*wanted).min(set.available).min(removable);
        *wanted -= gone;
        removable -= gone;
    }
    wanted
}

#[derive(Clone, Copy)]
enum Rounding {
    Up,
    Down,
}

/// A number, or a percentage of `replicas`; 25 % if nothing is given.
fn resolve(value: &Value, replicas: u64, rounding: Rounding) -> u64 {
    let percent = match value {
        Value::Number(number) => return number.as_u64().unwrap_or(0),
        Value::String(text) => text.trim_end_matches('%').parse().unwrap_or(25),
        _ => 25,
    };
    let hundredths = replicas.saturating_mul(percent);
    match rounding {
        Rounding::Up => hundredths.div_ceil(100),
        Rounding::Down => hundredths / 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn count(wanted: u64, available: u64) -> Count {
        Count { wanted, available }
    }

    #[test]
    fn limits_are_numbers_or_percentages() {
        for (strategy, replicas, expected) in [
            (json!({}), 2, (1, 0)),
            (json!({}), 10, (3, 2)),
            (json!({ "maxSurge": 0, "maxUnavailable": 0 }), 4, (0, 1)),
            (json!({ "maxSurge": "100%", "maxUnavailable": "50%" }), 3, (3, 1)),
        ] {
            let limits = Limits::of(&strategy, replicas);
            assert_eq!((limits.surge, limits.unavailable), expected, "{strategy}");
        }
    }

    #[test]
    fn a_rollout_never_has_too_few_or_too_many_pods() {
        for (surge, unavailable) in [(1, 0), (0, 1), (2, 2), (4, 0)] {
            let (limits, replicas) = (Limits { surge, unavailable }, 4);
            let (mut new, mut old) = (count(0, 0), vec![count(4, 4)]);
            for _ in 0..20 {
                new.wanted = scale_up(new, &old, replicas, limits);
                assert!(new.wanted + old[0].wanted <= replicas + surge);
                old[0].wanted = scale_down(new, &old, replicas, limits)[0];
                old[0].available = old[0].available.min(old[0].wanted);
                assert!(new.available + old[0].available >= replicas - unavailable);
                new.available = (new.available + 1).min(new.wanted);
            }
            assert_eq!((new, old[0]), (count(4, 4), count(0, 0)), "surge {surge}, unavailable {unavailable}");
        }
    }

    #[test]
    fn broken_old_pods_go_first() {
        let limits = Limits { surge: 1, unavailable: 1 };
        assert_eq!(scale_down(count(1, 1), &[count(2, 0), count(2, 2)], 4, limits), [0, 2]);
    }
}
