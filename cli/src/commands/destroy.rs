//! `apimlab destroy`: removes what a scenario made, and nothing else.

use std::sync::Arc;

use cloud::{DestroyOptions, Purge};

use super::{Context, FIRST_SCENARIO};
use crate::exit::{Exit, Failure};
use crate::progress::{Lines, titles};
use crate::target::TargetArgs;

/// What `destroy` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A scenario of the catalog, or a scenario file or its folder
    #[arg(default_value = FIRST_SCENARIO)]
    pub scenario: String,
    /// The name of the resource group that goes; needed for Azure
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Remove soft-deleted services for good as well
    #[arg(long)]
    pub purge: bool,
    /// Where
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Destroys.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let scenario = scenarios::load(&args.scenario)?;
    check_confirmation(&args, scenario.resource_group())?;
    let target = args.target.resolve(context).await?;
    let nodes = scenario.nodes(target.subscription());
    let options = DestroyOptions {
        group: scenario.resource_group().to_owned(),
        purge: if args.purge { Purge::Yes } else { Purge::No },
        progress: Lines::new(Arc::clone(&context.report), titles(&nodes)),
    };
    context.report.say(&format!("Removing {} from {}", scenario.title(), target.client.environment().name));
    for line in cloud::destroy(&target.client, &nodes, &options).await? {
        context.report.say(&line);
    }
    Ok(Exit::Done)
}

fn check_confirmation(args: &Args, group: &str) -> Result<(), Failure> {
    let help = format!("add `--confirm {group}`: the resource group and all that is in it will be removed");
    match &args.confirm {
        Some(confirmed) if confirmed == group => Ok(()),
        None if !args.target.cloud => Ok(()),
        None => {
            Err(Failure::new(Exit::Usage, "removing something from Azure needs to be confirmed").help(help))
        }
        Some(other) => {
            let message = format!("`{other}` is not the resource group of this scenario");
            Err(Failure::new(Exit::Usage, message).help(help))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azure_needs_the_group_to_be_named_and_a_wrong_name_stops_everywhere() {
        let cases = [
            (false, None, true),
            (false, Some("group"), true),
            (false, Some("other"), false),
            (true, None, false),
            (true, Some("other"), false),
            (true, Some("group"), true),
        ];
        for (cloud, confirm, expected) in cases {
            let args = Args {
                scenario: String::new(),
                confirm: confirm.map(str::to_owned),
                purge: false,
                target: TargetArgs { cloud, ..TargetArgs::default() },
            };
            assert_eq!(check_confirmation(&args, "group").is_ok(), expected, "{cloud} {confirm:?}");
        }
    }
}
