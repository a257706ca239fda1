//! `apimlab`: the command line of the sandbox.

mod admin;
mod args;
mod cluster;
mod commands;
mod config;
mod daemon;
mod deploy;
mod exit;
mod open_files;
mod progress;
mod report;
mod target;
mod tool;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use clap::error::ErrorKind;
use sim::Clock;
use tokio::runtime::Builder;

use args::{Cli, Command};
use commands::Context;
use config::Config;
use exit::{Exit, Failure};
use report::Report;

/// One that gives memory back after a storm of connections; the system's own keeps most of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// More threads than this only cost memory: the sandbox's work is short.
const MOST_THREADS: usize = 4;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => run(cli).into(),
        Err(error) => {
            // A closed stdout or stderr is no reason to fail in another way.
            drop(error.print());
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done.into(),
                _ => Exit::Usage.into(),
            }
        }
    }
}

fn run(cli: Cli) -> Exit {
    let config = match Config::read(&cli.global) {
        Ok(config) => config,
        Err(failure) => return Report::plain().error(&failure.into()),
    };
    // Refused only if a provider is installed already, and there is only this one in the program.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let context = Context { report: Arc::new(Report::new(&config)), config, clock: Clock::system() };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
    let runtime = match Builder::new_multi_thread().worker_threads(threads).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(Exit::Missing, format!("the system gives no threads: {error}"));
            return context.report.error(&failure.into());
        }
    };
    let exit = runtime.block_on(execute(cli.command, &context));
    runtime.shutdown_background();
    exit
}

async fn execute(command: Command, context: &Context) -> Exit {
    let help = commands::interrupted_help(&command);
    let ended = if commands::handles_signals(&command) {
        commands::execute(command, context).await
    } else {
        tokio::select! {
            ended = commands::execute(command, context) => ended,
            interrupted = tokio::signal::ctrl_c() => {
                let failure = Failure::new(Exit::Interrupted, "interrupted");
                Err(if interrupted.is_ok() { failure.help(help).into() } else { failure.into() })
            }
        }
    };
    ended.unwrap_or_else(|error| context.report.error(&error))
}
