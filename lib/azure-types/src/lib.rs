//! Azure's published type definitions of resources, and what a body has that they do not allow.
//!
//! The definitions are Bicep's (<https://github.com/Azure/bicep-types-az>): for each resource type a table of types with
//! the flags "required", "read-only" and "write-only" on properties. Only tests look at them: what `cloud` sends and what
//! the emulator answers is checked, the sandbox itself runs without.
//!
//! **Differs from Azure:** `null` counts as "not there", as API Management writes it for what has no value. A value of
//! an open enumeration that differs from a known one in letter case only is a mistake.

mod check;
mod definitions;
mod differences;
mod finding;
mod mutation;
mod sample;
mod wire;

pub use check::Body;
pub use definitions::{Definition, Error, Types};
pub use finding::{Finding, Problem};
pub use mutation::{Mutant, mutants};
pub use wire::{Request, check_answer, check_request};

use std::path::Path;
use std::sync::OnceLock;

/// The definitions that lie beside the project, if they do.
pub fn published() -> Option<&'static Types> {
    static PUBLISHED: OnceLock<Option<Types>> = OnceLock::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/azure/types.jsonl");
    PUBLISHED.get_or_init(|| Types::read(&std::fs::read_to_string(file).ok()?).ok()).as_ref()
}

#[cfg(test)]
mod tests;
