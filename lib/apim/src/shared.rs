//! Parts of a model that several models have in common.
//!
//! Models follow each other with every write and differ in little. What did not change is the same object in all of
//! them, so that a new model costs what changed, and whoever compiled the one before sees at once what is the same.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A part of a model: cheap to clone, copied when it is changed while others have it too, and equal to itself without
/// a look inside.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// It is the same object, which is more than being equal.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(part: T) -> Self {
        Self(Arc::new(part))
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || *self.0 == *other.0
    }
}

impl<T: Eq> Eq for Shared<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_copied_only_when_it_changes_while_others_have_it() {
        let mut own = Shared::from(vec![1]);
        let kept = own.clone();
        assert!(own.is(&kept));
        own.push(2);
        assert_eq!((own.as_slice(), kept.as_slice()), ([1, 2].as_slice(), [1].as_slice()));
        assert!(!own.is(&kept) && own != kept);
        assert_eq!(Shared::from(vec![1]), kept, "equal parts need not be the same");
    }
}
