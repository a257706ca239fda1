//! What was made of resources, kept until something of what it was made of is written.
//!
//! Whatever is made of a resource may look at that resource and at all below it, and at nothing else: a write forgets
//! what was made of the resource that it writes, and of all that this lies in.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arm::ResourceId;

type Made = HashMap<Arc<str>, Box<dyn Any + Send + Sync>>;

/// What was made of resources, by their keys.
#[derive(Default)]
pub struct Derived(Mutex<Made>);

impl Derived {
    /// What was made of a resource, if it is there and is current.
    pub fn get<T: Clone + 'static>(&self, id: &ResourceId, is_current: impl FnOnce(&T) -> bool) -> Option<T> {
        let found = self.made().get(id.key())?.downcast_ref::<T>()?.clone();
        is_current(&found).then_some(found)
    }

    /// Keeps what was made of a resource.
    pub fn keep<T: Send + Sync + 'static>(&self, id: &ResourceId, made: T) {
        self.made().insert(id.shared_key(), Box::new(made));
    }

    /// Forgets what was made of the resource with this key, and of all that it lies in.
    pub fn forget(&self, key: &str) {
        let mut made = self.made();
        if made.is_empty() {
            return;
        }
        for (end, _) in key.match_indices('/').skip(1) {
            made.remove(&key[..end]);
        }
        made.remove(key);
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_forgets_what_was_made_of_all_that_it_lies_in_and_nothing_else() {
        let derived = Derived::default();
        let id = |text: &str| text.parse::<ResourceId>().expect("an id");
        let service = "/subscriptions/s/resourceGroups/g/providers/N/services/a";
        let ids = ["", "/apis/x", "/apis/x/operations/o", "/apis/xy", "/apis/y"];
        let ids = ids.map(|below| id(&format!("{service}{below}")));
        for (number, id) in ids.iter().enumerate() {
            derived.keep(id, number);
        }
        derived.forget(id(&format!("{service}/APIS/X/policies/policy")).key());
        let found = ids.each_ref().map(|id| derived.get(id, |_: &usize| true));
        assert_eq!(found, [None, None, Some(2), Some(3), Some(4)]);
        assert_eq!(derived.get(&ids[2], |number: &usize| *number == 7), None, "it is not current");
    }
}
