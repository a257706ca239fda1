//! What the journeys share: a sandbox of its own for each test, driven through the built binary.

mod world;

pub use world::{Run, World};
