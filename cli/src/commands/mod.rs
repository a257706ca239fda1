//! The commands: one file each, one line each below.

pub mod apply;
pub mod az;
pub mod bundle;
pub mod completions;
pub mod coverage;
pub mod curl;
pub mod destroy;
pub mod doctor;
pub mod down;
pub mod emissions;
pub mod env;
pub mod fault;
pub mod gateway;
pub mod image;
pub mod kubeconfig;
pub mod logs;
pub mod path;
pub mod plan;
pub mod policy;
pub mod relay;
pub mod scenario;
pub mod serve;
pub mod status;
pub mod supervise;
pub mod terraform;
pub mod time;
pub mod trace;
pub mod traces;
pub mod up;
pub mod verify;
pub mod version;

use std::sync::Arc;

use sim::Clock;

use crate::args::Command;
use crate::config::Config;
use crate::exit::Exit;
use crate::report::Report;

/// The scenario that is meant when none is named.
pub const FIRST_SCENARIO: &str = "getting-started/private-api";

/// What every command has at hand.
pub struct Context {
    /// Settings of this run.
    pub config: Config,
    /// The printer.
    pub report: Arc<Report>,
    /// Time.
    pub clock: Clock,
}

/// Runs a command.
pub async fn execute(command: Command, context: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::Apply(args) => apply::exec(args, context).await,
        Command::Az(args) => az::exec(&args, context).await,
        Command::Bundle(args) => bundle::exec(args, context).await,
        Command::Completions(args) => Ok(completions::exec(&args, context)),
        Command::Coverage => Ok(coverage::exec(context)),
        Command::Curl(args) => curl::exec(args, context).await,
        Command::Destroy(args) => destroy::exec(args, context).await,
        Command::Doctor(args) => doctor::exec(&args, context).await,
        Command::Down(args) => down::exec(&args, context).await,
        Command::Env(args) => env::exec(&args, context).await,
        Command::Fault(args) => fault::exec(args, context).await,
        Command::Gateway(args) => gateway::exec(args, context).await,
        Command::Image(args) => image::exec(args, context).await,
        Command::Kubeconfig(args) => kubeconfig::exec(args, context).await,
        Command::Logs(args) => logs::exec(args, context).await,
        Command::Path(args) => path::exec(&args, context).await,
        Command::Plan(args) => plan::exec(args, context).await,
        Command::Relay(args) => relay::exec(args).await,
        Command::Policy(args) => policy::exec(args, context).await,
        Command::Scenario(args) => scenario::exec(&args, context),
        Command::Serve(args) => serve::exec(args, context).await,
        Command::Status(args) => status::exec(&args, context).await,
        Command::Supervise(args) => Ok(supervise::exec(&args).await),
        Command::Terraform(args) => terraform::exec(&args, context).await,
        Command::Time(args) => time::exec(&args, context).await,
        Command::Trace(args) => trace::exec(args, context).await,
        Command::Traces(args) => traces::exec(args, context).await,
        Command::Up(args) => up::exec(args, context).await,
        Command::Verify(args) => verify::exec(args, context).await,
        Command::Version(args) => Ok(version::exec(&args, context)),
    }
}

/// The command decides itself what an interruption means.
pub fn handles_signals(command: &Command) -> bool {
    match command {
        Command::Gateway(_) | Command::Relay(_) | Command::Serve(_) | Command::Supervise(_) => true,
        Command::Up(args) => args.foreground,
        _ => false,
    }
}

/// What to do after an interruption of the command.
pub fn interrupted_help(command: &Command) -> &'static str {
    match command {
        Command::Up(_) => {
            "the sandbox goes on in the background: `apimlab status` says how far it is, `apimlab up` goes on from \
             there, `apimlab down` ends it and removes what it began"
        }
        _ => "run the same command again to go on from here",
    }
}
