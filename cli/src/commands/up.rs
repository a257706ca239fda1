//! `apimlab up`: from nothing to a verified scenario. Again: converges, never doubles.

use std::time::Duration;

use sandbox::Redis;
use scenarios::{Scenario, Teach};
use sim::Pace;

use super::{Context, FIRST_SCENARIO, serve};
use crate::cluster::ClusterArgs;
use crate::daemon::{self, Wanted};
use crate::deploy::{self, Consent};
use crate::exit::Exit;
use crate::target::{Target, TargetArgs};

/// What `up` takes.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// A scenario of the catalog, or a scenario file or its folder
    #[arg(default_value = FIRST_SCENARIO)]
    pub scenario: String,
    /// Run the sandbox in this process until it is interrupted
    #[arg(long, conflicts_with = "cloud")]
    pub foreground: bool,
    /// How long the sandbox may take to start
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
    /// Run the scenario's lessons as well
    #[arg(long)]
    pub teach: bool,
    /// Only start the sandbox
    #[arg(long, conflicts_with = "cloud")]
    pub no_deploy: bool,
    /// How long Azure's long operations take in this run: instant, quick, or realistic
    #[arg(long, value_name = "MODE", conflicts_with = "cloud")]
    pub time: Option<Pace>,
    /// How to run clusters
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The Redis in which gateways count rate limits, quotas and tokens together, or `none` [default: as before, at first none]
    #[arg(long, value_name = "URL|none", conflicts_with = "cloud")]
    pub redis: Option<Redis>,
    /// Do not ask before Azure is changed
    #[arg(short, long)]
    pub yes: bool,
    /// Where to
    #[command(flatten)]
    pub target: TargetArgs,
}

impl Args {
    fn redis(&self, context: &Context) -> Option<Redis> {
        self.redis.clone().or_else(|| context.config.redis.clone())
    }
}

/// Starts, deploys, verifies.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    // A scenario with mistakes changes nothing.
    let scenario = scenarios::load(&args.scenario)?;
    if args.foreground {
        return foreground(&args, context, &scenario).await;
    }
    if args.target.cloud {
        let target = args.target.resolve(context).await?;
        return deploy(&args, context, &target, &scenario).await;
    }
    let wanted = Wanted { cluster: args.cluster.wanted(), redis: args.redis(context) };
    let running = daemon::find_or_start(context, &wanted, Duration::from_secs(args.wait)).await?;
    if let Some(pace) = args.time {
        running.admin.set_pace(pace).await?;
    }
    if args.no_deploy {
        context.report.say("The sandbox runs; `apimlab status` says where.");
        return Ok(Exit::Done);
    }
    let target = Target::sandbox(context, running)?;
    deploy(&args, context, &target, &scenario).await
}

async fn deploy(
    args: &Args,
    context: &Context,
    target: &Target,
    scenario: &Scenario,
) -> anyhow::Result<Exit> {
    deploy::confirm(context, target, scenario, Consent::from_flag(args.yes)).await?;
    deploy::apply(context, target, scenario).await?;
    let teach = if args.teach { Teach::Yes } else { Teach::No };
    let verification = deploy::verify(context, target, scenario, teach).await?;
    let exit = deploy::exit_of(&verification);
    if exit == Exit::Done {
        deploy::summary(context, target, scenario, context.clock.elapsed()).await;
    }
    Ok(exit)
}

async fn foreground(args: &Args, context: &Context, scenario: &Scenario) -> anyhow::Result<Exit> {
    let mut end = serve::Signals::listen()?;
    let pace = args.time.unwrap_or_default();
    let sandbox = serve::start(context, pace, (args.cluster.wanted(), args.redis(context))).await?;
    let work = async {
        if args.no_deploy {
            return Ok(Exit::Done);
        }
        let target = Target::sandbox(context, daemon::expect(&context.config).await?)?;
        deploy(args, context, &target, scenario).await
    };
    let deployed = tokio::select! {
        deployed = work => Some(deployed),
        () = end.wait(&sandbox) => None,
    };
    if let Some(Err(error)) = &deployed {
        context.report.error(error);
    }
    if deployed.is_some() {
        context.report.say("The sandbox runs until it is interrupted (Ctrl-C).");
        end.wait(&sandbox).await;
    }
    let settings = sandbox.settings().clone();
    sandbox.stop().await;
    daemon::remove_containers(context, &settings).await?;
    match deployed {
        Some(Ok(exit)) => Ok(exit),
        Some(Err(error)) => Ok(Exit::of(&error)),
        None => Ok(Exit::Interrupted),
    }
}
