//! `apimlab fault list`.

use serde_json::Value;

use crate::args::Output;
use crate::commands::Context;
use crate::daemon;
use crate::exit::Exit;

/// What `fault list` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Prints them.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let faults = running.admin.faults().await?;
    match args.output {
        Output::Json => context.report.json("Faults", &faults),
        Output::Table if faults.is_empty() => context.report.say("There are no faults."),
        Output::Table => context.report.table(&rows(&faults)),
    }
    Ok(Exit::Done)
}

fn rows(faults: &[Value]) -> Vec<Vec<String>> {
    let names = ["id", "effect", "method", "path", "times", "seconds", "status", "code"];
    let head = names.map(str::to_uppercase).to_vec();
    let row = |fault: &Value| {
        names
            .map(|name| match &fault[name] {
                Value::Null => "-".to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .to_vec()
    };
    std::iter::once(head).chain(faults.iter().map(row)).collect()
}
