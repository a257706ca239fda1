//! Identifiers: random, or the same sequence each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Where identifiers come from. Clones share the same sequence.
#[derive(Debug, Clone)]
pub struct Ids(Option<Arc<AtomicU64>>);

impl Ids {
    /// Random identifiers (UUID version 4).
    pub const fn random() -> Self {
        Self(None)
    }

    /// A repeatable sequence, for tests.
    pub fn sequence() -> Self {
        Self(Some(Arc::default()))
    }

    /// A new UUID in its usual lower-case form with hyphens.
    pub fn uuid(&self) -> String {
        self.next().to_string()
    }

    /// `length` lower-case hexadecimal digits, at most 32.
    pub fn hex(&self, length: usize) -> String {
        let digits = self.next().simple().to_string();
        // The last digits carry the entropy in both kinds of sequence.
        digits[digits.len() - length.min(digits.len())..].to_owned()
    }

    fn next(&self) -> Uuid {
        match &self.0 {
            None => Uuid::new_v4(),
            Some(last) => Uuid::from_u128(u128::from(last.fetch_add(1, Ordering::Relaxed) + 1)),
        }
    }

    /// A name-based UUID (version 5): the same for the same parts, whatever their letter case, so that repeated
    /// work finds what it made before.
    pub fn named(parts: &[&str]) -> String {
        let name = parts.join("\n").to_lowercase();
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_repeats_and_names_are_stable() {
        assert_eq!(Ids::sequence().uuid(), Ids::sequence().uuid());
        assert_eq!(Ids::sequence().hex(5), "00001");
        assert_eq!(Ids::named(&["/Scope", "role"]), Ids::named(&["/scope", "ROLE"]));
        assert_ne!(Ids::random().uuid(), Ids::random().uuid());
    }
}
