//! `apimlab traces`: the requests that left a trace, the newest first.

use serde_json::Value;

use super::Context;
use crate::args::Output;
use crate::daemon;
use crate::exit::Exit;

/// What `traces` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// From now on, trace so many requests of every second unasked; 0 for none
    #[arg(long, value_name = "PER-SECOND")]
    pub sample: Option<u32>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Prints them.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    if let Some(per_second) = args.sample {
        running.admin.sample_traces(per_second).await?;
        context.report.say(&format!("Up to {per_second} requests of a second leave a trace unasked."));
        return Ok(Exit::Done);
    }
    let traces = running.admin.traces().await?;
    match args.output {
        Output::Json => context.report.json("Traces", &traces),
        Output::Table if traces.is_empty() => {
            context.report.say("No request has left a trace yet. `apimlab trace URL` sends one.");
        }
        Output::Table => context.report.table(&rows(&traces)),
    }
    Ok(Exit::Done)
}

fn rows(traces: &[Value]) -> Vec<Vec<String>> {
    let head = ["TIME", "STATUS", "MILLISECONDS", "API", "METHOD", "URL", "ID"].map(str::to_owned).to_vec();
    let text = |trace: &Value, name: &str| match &trace[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |trace: &Value| {
        let microseconds = trace["microseconds"].as_u64().unwrap_or_default();
        let milliseconds = format!("{}.{:01}", microseconds / 1_000, microseconds % 1_000 / 100);
        let [time, status, api, method, url, id] =
            ["time", "status", "api", "method", "url", "id"].map(|name| text(trace, name));
        vec![time, status, milliseconds, api, method, url, id]
    };
    std::iter::once(head).chain(traces.iter().map(row)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_trace_is_a_row() {
        let trace = json!({"id": "a-b", "time": "t", "status": 404, "microseconds": 12_345, "api": null,
            "method": "GET", "url": "http://x/"});
        assert_eq!(rows(&[trace])[1], ["t", "404", "12.3", "-", "GET", "http://x/", "a-b"]);
    }
}
