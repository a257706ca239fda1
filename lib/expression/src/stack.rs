//! Recursion over nested input grows the stack instead of overflowing it: an overflow would end the whole process.

/// When this much is left, another segment is taken; more than the frames between two calls of [`deep`] need.
const RED_ZONE: usize = 256 << 10;
/// What a segment holds.
const SEGMENT: usize = 2 << 20;

/// Runs a step of a recursion.
pub fn deep<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, SEGMENT, step)
}
