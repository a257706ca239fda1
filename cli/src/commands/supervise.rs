//! `apimlab supervise -- COMMAND…`: runs a workload whose life is bound to the sandbox's.

use crate::exit::Exit;

/// What `supervise` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The command and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    pub command: Vec<String>,
}

/// Runs the command; the sandbox learns its exit code from this process's.
pub async fn exec(args: &Args) -> Exit {
    let code = sandbox::supervise(&args.command).await;
    std::process::exit(code.into())
}
