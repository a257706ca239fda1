//! `apimlab policy fmt FILE…`: lays documents out. Expressions stay as they are.

use std::path::PathBuf;

use sandbox::authoring::{self, File};

use super::files;
use crate::commands::Context;
use crate::exit::{Exit, Failure};

/// What `policy fmt` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Documents, fragments, and folders of them; `-` is the standard input, laid out to the standard output
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
    for file in files::read(&args.files)?.into_iter().filter(|file| !files::is_data(&file.name)) {
        let laid_out = match authoring::format(&file.text) {
            Ok(laid_out) => laid_out,
            Err(problem) => {
                context.report.diagnostic(&problem.of(&file.name), Some(&file.text));
                exit = Exit::Wrong;
                continue;
            }
        };
        if args.stdout || file.name == files::STDIN_NAME && !args.check {
            context.report.raw(laid_out.as_bytes());
        } else if laid_out != file.text && args.check {
            context.report.data(&file.name);
            exit = Exit::Wrong;
        } else if laid_out != file.text && !is_utf8(&file) {
            let message = format!("{} is not UTF-8, and stays as it is", file.name);
            return Err(Failure::new(Exit::BadInput, message).into());
        } else if laid_out != file.text {
            std::fs::write(&file.name, laid_out).map_err(|error| {
                Failure::new(Exit::Wrong, format!("{} cannot be written: {error}", file.name))
            })?;
            context.report.say(&format!("{} is laid out", file.name));
        }
    }
    Ok(exit)
}

/// What was read is what the file holds.
fn is_utf8(file: &File) -> bool {
    std::fs::read(&file.name).is_ok_and(|bytes| bytes == file.text.as_bytes())
}
