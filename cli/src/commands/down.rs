//! `apimlab down`: stops the sandbox, removes its containers, and with `--purge` everything that it wrote.
//!
//! Containers are found by their labels: it does not matter whether the sandbox ran, or how it ended.

use sandbox::StateFolder;

use super::Context;
use crate::daemon;
use crate::exit::Exit;

/// What `down` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove the state folder as well
    #[arg(long)]
    pub purge: bool,
}

/// Stops.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let stopped = daemon::stop(&context.config, &context.clock).await?;
    context.report.say(if stopped { "The sandbox has ended." } else { "No sandbox was running." });
    if let Some(settings) = daemon::settings(&context.config)? {
        daemon::remove_containers(context, &settings).await?;
    }
    if !args.purge {
        return Ok(Exit::Done);
    }
    let path = &context.config.state_dir;
    match StateFolder::open(path)? {
        Some(folder) => {
            let lock = folder.lock()?;
            folder.purge(lock)?;
            context.report.say(&format!("{} was removed.", path.display()));
        }
        None if path.exists() => return Err(sandbox::Error::NotOurs(path.clone()).into()),
        None => context.report.say(&format!("{} does not exist.", path.display())),
    }
    Ok(Exit::Done)
}
