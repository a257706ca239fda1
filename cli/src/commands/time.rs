//! `apimlab time [MODE]`: how fast long-running operations progress, and letting their time pass.

use serde_json::Value;
use sim::Pace;

use super::Context;
use crate::args::Output;
use crate::daemon;
use crate::exit::Exit;

/// What `time` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// From now on, until the sandbox ends: instant, quick, or realistic, as long as in Azure
    #[arg(value_name = "MODE")]
    pace: Option<Pace>,
    /// Let time pass for the operations that run: so many seconds or, without a number, until they have ended
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    forward: Option<Span>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// How much time is to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    /// As much as the operations that run still take.
    All,
    /// So many seconds.
    Seconds(u32),
}

impl std::str::FromStr for Span {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" { Ok(Self::All) } else { text.parse().map(Self::Seconds) }
    }
}

/// Does it, or shows how it is.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let admin = daemon::expect(&context.config).await?.admin;
    if let Some(pace) = args.pace {
        admin.set_pace(pace).await?;
        context.report.say(&format!("Operations that begin from now on are {}.", pace.as_str()));
    }
    if let Some(span) = args.forward {
        let seconds = match span {
            Span::All => None,
            Span::Seconds(seconds) => Some(seconds),
        };
        let (ended, running) = admin.forward(seconds).await?;
        context.report.say(&format!("{ended} ended, {running} still run."));
    }
    if args.pace.is_some() || args.forward.is_some() {
        return Ok(Exit::Done);
    }
    let time = admin.time().await?;
    match args.output {
        Output::Json => context.report.json("Time", &time),
        Output::Table => context.report.table(&rows(&time)),
    }
    Ok(Exit::Done)
}

fn rows(time: &Value) -> Vec<Vec<String>> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let running = time["running"].as_array().map(Vec::as_slice).unwrap_or_default();
    std::iter::once(vec!["Mode".to_owned(), text(&time["pace"])])
        .chain(running.iter().map(|operation| {
            let what = format!("{} s  {}", operation["seconds"], text(&operation["resource"]));
            vec![text(&operation["kind"]), what]
        }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_all_or_a_number_of_seconds() {
        for (text, expected) in
            [("all", Some(Span::All)), ("600", Some(Span::Seconds(600))), ("x", None), ("-1", None)]
        {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
