//! Recursion over nested input grows the stack instead of overflowing it: an overflow would end the whole process.

use std::cell::RefCell;

use crate::value::Value;

/// When this much is left, another segment is taken; more than the frames between two calls of [`deep`] need.
const RED_ZONE: usize = 256 << 10;
/// What a segment holds.
const SEGMENT: usize = 2 << 20;

/// Runs a step of a recursion.
pub fn deep<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, SEGMENT, step)
}

thread_local! {
    /// What is being let go of, while something is.
    static DISCARDED: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// Lets go of what an object held. Objects that hold objects that hold objects would call each other as deep as they are
/// nested: instead each leaves what it held to the first.
pub fn discard(values: impl Iterator<Item = Value>) {
    // Only these hold others.
    let objects = values.filter(|value| value.identity().is_some());
    let kept = DISCARDED.try_with(|discarded| match &mut *discarded.borrow_mut() {
        Some(waiting) => {
            waiting.extend(objects);
            None
        }
        idle => {
            let first: Vec<_> = objects.collect();
            if !first.is_empty() {
                *idle = Some(Vec::new());
            }
            Some(first)
        }
    });
    let Ok(Some(mut waiting)) = kept else { return };
    while !waiting.is_empty() {
        drop(waiting);
        waiting = DISCARDED.take().unwrap_or_default();
        if !waiting.is_empty() {
            DISCARDED.set(Some(Vec::new()));
        }
    }
}
