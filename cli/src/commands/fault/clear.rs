//! `apimlab fault clear [ID]`.

use crate::commands::Context;
use crate::daemon;
use crate::exit::Exit;

/// What `fault clear` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of one; all, if it is not given
    id: Option<u32>,
}

/// Removes them.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let removed = running.admin.clear_faults(args.id).await?;
    context.report.say(&format!("{removed} removed."));
    Ok(Exit::Done)
}
