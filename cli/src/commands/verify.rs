//! `apimlab verify`: runs a scenario's checks, and with `--teach` its lessons.

use scenarios::Teach;

use super::{Context, FIRST_SCENARIO};
use crate::args::Output;
use crate::deploy;
use crate::exit::Exit;
use crate::target::TargetArgs;

/// What `verify` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A scenario of the catalog, or a scenario file or its folder
    #[arg(default_value = FIRST_SCENARIO)]
    pub scenario: String,
    /// Run the scenario's lessons as well: failures, and their repair
    #[arg(long)]
    pub teach: bool,
    /// How to print the result
    #[arg(short, long, default_value = "table")]
    pub output: Output,
    /// Where
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Verifies.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let scenario = scenarios::load(&args.scenario)?;
    let target = args.target.resolve(context).await?;
    let teach = if args.teach { Teach::Yes } else { Teach::No };
    let verification = deploy::verify(context, &target, &scenario, teach).await?;
    if args.output == Output::Json {
        context.report.json("Verification", &verification);
    }
    Ok(deploy::exit_of(&verification))
}
