//! `apimlab apply`: makes a scenario's resources what the scenario says, and nothing else.

use super::{Context, FIRST_SCENARIO};
use crate::deploy::{self, Consent};
use crate::exit::Exit;
use crate::target::TargetArgs;

/// What `apply` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A scenario of the catalog, or a scenario file or its folder
    #[arg(default_value = FIRST_SCENARIO)]
    pub scenario: String,
    /// Do not ask before Azure is changed
    #[arg(short, long)]
    pub yes: bool,
    /// Where to
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Deploys.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let scenario = scenarios::load(&args.scenario)?;
    let target = args.target.resolve(context).await?;
    deploy::confirm(context, &target, &scenario, Consent::from_flag(args.yes)).await?;
    deploy::apply(context, &target, &scenario).await?;
    Ok(Exit::Done)
}
