//! A pool of backends: the group of the highest priority that has a member to call takes the requests, each member its
//! share of them.
//! <https://learn.microsoft.com/azure/api-management/backends#load-balanced-pool>
//!
//! **Differs from Azure:** a member without a weight has the weight 1, one without a priority belongs to the first
//! group. Azure spreads requests over several machines, so that shares there are near, not exact.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sim::Clock;

use super::Single;

/// The members, the groups of the highest priority first.
#[derive(Debug)]
pub struct Balance {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    members: Vec<(Arc<Single>, i64)>,
    /// How far each member is behind its share.
    behind: Mutex<Vec<i64>>,
}

impl Balance {
    /// Members with their priority, lowest first, and weight.
    pub fn new(members: impl Iterator<Item = (Arc<Single>, u32, u32)>) -> Self {
        let mut groups: BTreeMap<u32, Vec<(Arc<Single>, i64)>> = BTreeMap::new();
        for (member, priority, weight) in members {
            groups.entry(priority).or_default().push((member, i64::from(weight)));
        }
        let group = |members: Vec<_>| Group { behind: Mutex::new(vec![0; members.len()]), members };
        Self { groups: groups.into_values().map(group).collect() }
    }

    /// The member whose turn it is.
    ///
    /// # Errors
    /// None can be called for that long, or for ever.
    pub fn next(&self, clock: &Clock) -> Result<&Arc<Single>, Option<Duration>> {
        self.groups.iter().find_map(|group| group.next(clock)).ok_or_else(|| {
            let members = self.groups.iter().flat_map(|group| &group.members);
            members.filter_map(|(member, _)| member.open_for(clock)).min()
        })
    }

    /// The member that comes first.
    pub fn first(&self) -> Option<&Arc<Single>> {
        self.groups.first().and_then(|group| group.members.first()).map(|(member, _)| member)
    }
}

impl Group {
    /// Each gains its weight, and who is furthest behind is called and pays for all: so the turns of a heavy member
    /// are spread evenly.
    fn next(&self, clock: &Clock) -> Option<&Arc<Single>> {
        let closed = |(member, _): &(Arc<Single>, i64)| member.open_for(clock).is_none();
        if let [only] = self.members.as_slice() {
            return closed(only).then_some(&only.0);
        }
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total = 0;
        let able = self.members.iter().zip(behind.iter_mut()).filter(|(member, _)| closed(member));
        let able: Vec<_> = able.collect();
        let weightless = able.iter().all(|((_, weight), _)| *weight == 0);
        let mut best: Option<(&Arc<Single>, &mut i64)> = None;
        for ((member, weight), behind) in able {
            let weight = if weightless { 1 } else { *weight };
            if weight == 0 {
                continue;
            }
            *behind += weight;
            total += weight;
            if best.as_ref().is_none_or(|(_, most)| *behind > **most) {
                best = Some((member, behind));
            }
        }
        let (member, behind) = best?;
        *behind -= total;
        Some(member)
    }
}
