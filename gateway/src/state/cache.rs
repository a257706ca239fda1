//! Values that policies keep from one request to the next.
//! <https://learn.microsoft.com/azure/api-management/cache-store-value-policy>

use std::collections::HashMap;
use std::fmt;

use crate::value::Variable;

/// How many values there may be.
const VALUES: usize = 10_000;

/// A value, from when on it is to be made anew, and until when it is good.
struct Entry {
    value: Variable,
    fresh: i64,
    until: i64,
}

/// A value that was found.
#[derive(Debug)]
pub struct Found {
    /// A copy of it.
    pub value: Variable,
    /// It is to be made anew.
    pub is_stale: bool,
}

/// The built-in cache of values.
#[derive(Default)]
pub struct Cache {
    values: HashMap<String, Entry>,
}

impl Cache {
    /// The value of a key, if it is still good.
    pub fn get(&self, key: &str, now: i64) -> Option<Variable> {
        self.find(key, now).map(|found| found.value)
    }

    /// The same, and whether it is to be made anew.
    pub fn find(&self, key: &str, now: i64) -> Option<Found> {
        let entry = self.values.get(key).filter(|entry| entry.until > now)?;
        Some(Found { value: own(&entry.value), is_stale: entry.fresh <= now })
    }

    /// Keeps a value until a moment, unless there are too many already.
    pub fn put(&mut self, key: String, value: &Variable, until: i64, now: i64) {
        self.put_fresh(key, value, (until, until), now);
    }

    /// The same for a value that is to be made anew before it is over.
    pub fn put_fresh(&mut self, key: String, value: &Variable, (fresh, until): (i64, i64), now: i64) {
        if self.values.len() >= VALUES {
            self.values.retain(|_, entry| entry.until > now);
        }
        if self.values.len() < VALUES || self.values.contains_key(&key) {
            self.values.insert(key, Entry { value: own(value), fresh, until });
        }
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: &str) {
        self.values.remove(key);
    }
}

/// What is kept may be secret.
impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("values", &self.values.len()).finish()
    }
}

/// What is in the cache is a copy, as if it had been written out and read again.
fn own(value: &Variable) -> Variable {
    match value {
        Variable::Json(token) => Variable::Json(token.deep_clone()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_good_until_their_time_is_over() {
        let mut cache = Cache::default();
        cache.put("a".to_owned(), &Variable::Int(1), 1_000, 0);
        assert!(matches!(cache.get("a", 999), Some(Variable::Int(1))));
        assert!(cache.get("a", 1_000).is_none());
        assert!(cache.get("b", 0).is_none());
        cache.put("a".to_owned(), &Variable::Int(2), 3_000, 1_000);
        cache.remove("a");
        assert!(cache.get("a", 2_000).is_none());
    }
}
