//! What the programs print; nobody may be there to read it.

use std::io::Write as _;

/// A line for whoever called.
pub fn line(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// A line about what went wrong.
pub fn error(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}
