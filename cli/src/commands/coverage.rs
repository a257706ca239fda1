//! `apimlab coverage`: the ledger of what is emulated, as `docs/coverage.md` holds it.

use super::Context;
use crate::exit::Exit;

/// Prints the ledger.
pub fn exec(context: &Context) -> Exit {
    context.report.data(&sandbox::coverage::ledger());
    Exit::Done
}
