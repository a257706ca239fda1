//! `apimlab fault …`: requests that are throttled or refused, operations that take longer or fail. One file each, one
//! line each below.

mod add;
mod clear;
mod list;

use super::Context;
use crate::exit::Exit;

/// What `fault` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Let requests to the control plane suffer something
    Add(add::Args),
    /// Remove one fault, or all
    Clear(clear::Args),
    /// Show the faults that there still are
    List(list::Args),
}

/// Does it.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    match args.what {
        What::Add(args) => add::exec(&args, context).await,
        What::Clear(args) => clear::exec(&args, context).await,
        What::List(args) => list::exec(&args, context).await,
    }
}
