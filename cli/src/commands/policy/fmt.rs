//! `apimlab policy fmt FILE…`: lays documents out. Expressions stay as they are.

use std::path::PathBuf;

use sandbox::authoring;

use super::files;
use crate::commands::Context;
use crate::exit::{Exit, Failure};

/// What `policy fmt` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Documents, fragments, and folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing; say which files are not laid out
    #[arg(long)]
    check: bool,
    /// Print instead of changing the files
    #[arg(long, conflicts_with = "check")]
    stdout: bool,
}

/// Lays out.
pub fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for file in files::read(&args.files)?.into_iter().filter(|file| !file.name.ends_with(".json")) {
        let laid_out = match authoring::format(&file.text) {
            Ok(laid_out) => laid_out,
            Err(problem) => {
                context.report.diagnostic(&problem.of(&file.name), Some(&file.text));
                exit = Exit::Wrong;
                continue;
            }
        };
        if args.stdout {
            context.report.raw(laid_out.as_bytes());
        } else if laid_out != file.text && args.check {
            context.report.data(&file.name);
            exit = Exit::Wrong;
        } else if laid_out != file.text {
            std::fs::write(&file.name, laid_out).map_err(|error| {
                Failure::new(Exit::Wrong, format!("{} cannot be written: {error}", file.name))
            })?;
            context.report.say(&format!("{} is laid out", file.name));
        }
    }
    Ok(exit)
}
