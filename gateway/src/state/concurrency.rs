//! How many requests are in something at the moment.
//! <https://learn.microsoft.com/azure/api-management/limit-concurrency-policy>

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::lock;

/// The places that are taken, by key.
#[derive(Debug, Default, Clone)]
pub struct Concurrency(Arc<Mutex<HashMap<String, usize>>>);

/// A place that is taken; it is free again when this is gone.
#[derive(Debug)]
pub struct Seat {
    taken: Concurrency,
    key: String,
}

impl Concurrency {
    /// Takes a place unless all are taken.
    pub fn enter(&self, key: String, most: usize) -> Option<Seat> {
        let mut taken = lock(&self.0);
        let here = taken.get(&key).copied().unwrap_or(0);
        if here >= most {
            return None;
        }
        taken.insert(key.clone(), here + 1);
        drop(taken);
        Some(Seat { taken: self.clone(), key })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken.0);
        match taken.get_mut(&self.key) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(taken.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_request_is_gone() {
        let places = Concurrency::default();
        let first = places.enter("a".to_owned(), 2).expect("a place");
        let second = places.enter("a".to_owned(), 2).expect("a place");
        assert!(places.enter("a".to_owned(), 2).is_none());
        assert!(places.enter("b".to_owned(), 1).is_some());
        drop(first);
        assert!(places.enter("a".to_owned(), 2).is_some());
        drop(second);
        assert!(lock(&places.0).is_empty());
        assert!(places.enter("a".to_owned(), 0).is_none());
    }
}
