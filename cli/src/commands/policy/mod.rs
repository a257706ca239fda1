//! `apimlab policy …`: for authors of policies. One file each, one line each below.

mod corpus;
mod eval;
mod explain;
mod files;
mod fmt;
mod lint;
mod sarif;
mod test;

use super::Context;
use crate::exit::Exit;

/// What `policy` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Count how many documents of a folder the sandbox can run, and what is missing for the others
    Corpus(corpus::Args),
    /// Evaluate an expression for a request
    Eval(eval::Args),
    /// Print the effective policy of an operation, with where each element comes from
    Explain(explain::Args),
    /// Lay documents out
    Fmt(fmt::Args),
    /// Check documents as Azure does when they are saved, and say what is worth knowing besides
    Lint(lint::Args),
    /// Run the tests beside policies
    Test(test::Args),
}

/// Does it.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    match args.what {
        What::Corpus(args) => corpus::exec(&args, context),
        What::Eval(args) => eval::exec(&args, context),
        What::Explain(args) => explain::exec(&args, context).await,
        What::Fmt(args) => fmt::exec(&args, context),
        What::Lint(args) => lint::exec(&args, context),
        What::Test(args) => test::exec(args, context).await,
    }
}
