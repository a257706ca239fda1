//! End to end: the built binary, with a sandbox of its own for each test, driven as a user drives it.
#![allow(clippy::needless_pass_by_value, reason = "tests")]

mod bad_input;
mod client;
mod cloud;
mod crash;
mod kubernetes;
mod lessons;
mod up;
