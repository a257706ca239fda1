//! `apimlab version`.

use serde_json::json;

use super::Context;
use crate::args::Output;
use crate::exit::Exit;

/// What `version` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to print it
    #[arg(short, long, default_value = "table")]
    pub output: Output,
}

/// Prints the version.
pub fn exec(args: &Args, context: &Context) -> Exit {
    match args.output {
        Output::Table => context.report.data(&format!("apimlab {}", sandbox::VERSION)),
        Output::Json => {
            let system = json!({ "os": std::env::consts::OS, "arch": std::env::consts::ARCH });
            context.report.json("Version", &json!({ "version": sandbox::VERSION, "system": system }));
        }
    }
    Exit::Done
}
