//! The kind back end against a real Docker Engine: the built binary, nodes that are containers, addresses that answer.
//!
//! The nodes are made from the stand-in image (`tests/node`), which is built here from the built binary and what
//! Debian has; with `APIMLAB_KIND_IMAGE` they are made from that image, and the workload images have to be in the
//! engine. `scripts/docker-engine start` brings an engine up; where there is none the tests say so and pass.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test ends that way, and says what it skipped"
)]

mod failures;
mod gateway;
mod image;
mod kind_program;
mod lane;
mod life;
mod pool;
mod scenario;
