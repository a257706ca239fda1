//! End to end: the built binary, with a sandbox of its own for each test, driven as a user drives it.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test ends that way, and says what it skipped"
)]

mod authoring;
mod bad_input;
mod client;
mod cloud;
mod crash;
mod kubernetes;
mod lessons;
mod path;
mod policies;
mod traces;
mod up;
