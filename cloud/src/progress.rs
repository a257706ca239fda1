//! What a person sees while long work runs.

use std::time::Duration;

use crate::plan::Action;

/// Something that happened to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgressEvent {
    /// Work on the node began.
    Started {
        /// The node.
        key: String,
        /// What a person calls it.
        title: String,
    },
    /// The request is accepted and not done.
    Waiting {
        /// The node.
        key: String,
        /// The state as the service calls it, or the reason of the wait.
        state: String,
        /// Since the work began.
        elapsed: Duration,
    },
    /// The node is as wanted.
    Done {
        /// The node.
        key: String,
        /// What a person calls it.
        title: String,
        /// What was done.
        action: Action,
        /// Since the work began.
        elapsed: Duration,
    },
    /// The node could not be made.
    Failed {
        /// The node.
        key: String,
        /// Why, and what to do.
        error: String,
    },
}

/// Who is told.
pub trait Progress: Send + Sync {
    /// Takes note of one event; must not block.
    fn event(&self, event: &ProgressEvent);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn event(&self, _event: &ProgressEvent) {}
}
