//! Scenario files from text to verified system, against a small stand-in for Azure.

mod compile;
mod diagnostics;
mod fake;
mod server;
mod verify;
