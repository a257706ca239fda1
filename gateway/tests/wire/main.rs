//! The gateway from outside: what goes over the wire, in bytes.
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod backend;
mod case;
mod configuration;
mod conformance;
mod connections;
mod floods;
mod frames;
mod http2;
mod lab;
mod slow;
