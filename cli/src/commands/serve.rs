//! `apimlab serve`: the sandbox in this process. `up` starts it in the background and reads what it says.

use anyhow::Context as _;
use sandbox::{Redis, Sandbox, WantedCluster};
use sim::{Ids, Pace};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Context;
use crate::cluster::ClusterArgs;
use crate::daemon::Started;
use crate::exit::Exit;
use crate::open_files;

/// What `serve` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long long-running operations take: instant, quick, or realistic
    #[arg(long, default_value = "quick")]
    pub pace: Pace,
    /// How to run clusters
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// Signals that end a sandbox; the one that a closing terminal sends does not.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Takes the signals from now on.
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Completes when the sandbox is to end.
    pub async fn wait(&mut self, sandbox: &Sandbox) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                () = sandbox.stop_requested() => return,
                _ = self.hang_up.recv() => {}
            }
        }
    }
}

/// Serves until a signal or a request ends it.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let mut end = Signals::listen()?;
    open_files::raise_limit();
    let sandbox = match start(context, args.pace, (args.cluster.wanted(), context.config.redis.clone())).await
    {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let exit = Exit::of_sandbox(&error);
            let started = match &error {
                sandbox::Error::InUse(_) => Started::InUse,
                other => Started::Failed(exit.number(), other.to_string()),
            };
            say(context, &started);
            return Err(error.into());
        }
    };
    say(context, &Started::Ready);
    end.wait(&sandbox).await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

/// Starts a sandbox in this process.
pub async fn start(
    context: &Context,
    pace: Pace,
    (cluster, redis): (WantedCluster, Option<Redis>),
) -> Result<Sandbox, sandbox::Error> {
    let config = sandbox::Config {
        state_dir: context.config.absolute_state_dir(),
        ports: context.config.ports,
        pace,
        cluster,
        redis,
        machine: context.config.machine(),
        supervisor: supervisor().unwrap_or_default(),
        clock: context.clock.clone(),
        ids: Ids::random(),
    };
    Sandbox::start(config).await
}

/// This program, as the parent of workloads.
fn supervisor() -> anyhow::Result<Vec<String>> {
    let program = std::env::current_exe()?;
    let program = program.to_str().context("the program's path is not text")?;
    Ok(vec![program.to_owned(), "supervise".to_owned(), "--".to_owned()])
}

fn say(context: &Context, started: &Started) {
    if let Ok(line) = serde_json::to_string(started) {
        context.report.data(&line);
    }
}
