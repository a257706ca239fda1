//! Addresses of Pods: each node's Pod range, one after the other, so that an address rests before it is used again.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use network::Cidr;

use crate::embedded::controllers::object::text;
use crate::embedded::store::Object;

/// The first address of a range that a Pod may have; the one before is the gateway's.
const FIRST: u32 = 2;

/// Where each range's next address is looked for.
#[derive(Default)]
pub struct Addresses(HashMap<String, u32>);

impl Addresses {
    /// An address of `range` that no Pod has.
    pub fn next(&mut self, range: &str, pods: &[Arc<Object>]) -> Option<Ipv4Addr> {
        let parsed: Cidr = range.parse().ok()?;
        let taken: HashSet<Ipv4Addr> = pods.iter().filter_map(|pod| of(pod)).collect();
        let size = parsed.last().to_bits() - parsed.first().to_bits();
        let highest = taken.iter().filter(|address| parsed.contains(**address)).max();
        let after_highest = highest.map_or(FIRST, |address| address.to_bits() - parsed.first().to_bits() + 1);
        let start = *self.0.entry(range.to_owned()).or_insert(after_highest);
        let candidates = (start..size).chain(FIRST..start.min(size));
        let (offset, address) = candidates
            .filter_map(|offset| Some((offset, parsed.address(offset)?)))
            .find(|(_, address)| !taken.contains(address))?;
        self.0.insert(range.to_owned(), offset + 1);
        Some(address)
    }
}

/// The address of a Pod that has one.
pub fn of(pod: &Object) -> Option<Ipv4Addr> {
    text(&pod["status"]["podIP"]).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(address: &str) -> Arc<Object> {
        Arc::new(json!({ "status": { "podIP": address } }))
    }

    #[test]
    fn addresses_are_not_used_again_at_once() {
        let mut addresses = Addresses::default();
        let mut next =
            |pods: &[Arc<Object>]| addresses.next("10.244.0.0/29", pods).map(|address| address.to_string());
        assert_eq!(next(&[]).as_deref(), Some("10.244.0.2"));
        assert_eq!(next(&[]).as_deref(), Some("10.244.0.3"));
        assert_eq!(next(&[pod("10.244.0.4")]).as_deref(), Some("10.244.0.5"));
        assert_eq!(next(&[pod("10.244.0.6")]).as_deref(), Some("10.244.0.2"), "from the front again");
        let all: Vec<_> = (2..8).map(|last| pod(&format!("10.244.0.{last}"))).collect();
        assert_eq!(next(&all), None);
    }

    #[test]
    fn after_a_restart_the_next_address_is_a_new_one() {
        let mut addresses = Addresses::default();
        let next = addresses.next("10.244.0.0/24", &[pod("10.244.0.7"), pod("10.244.0.3")]);
        assert_eq!(next, Some(Ipv4Addr::new(10, 244, 0, 8)));
    }
}
