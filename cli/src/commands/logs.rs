//! `apimlab logs`: the sandbox's own log, what policies sent to event hubs, metrics, queues and traces, the log of a Pod,
//! or all that the nodes of kind clusters have written.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cloud::Kubernetes;

use super::{Context, emissions, kubeconfig};
use crate::daemon;
use crate::exit::{Exit, Failure};
use crate::target::Target;

/// What stands for the sandbox's own log.
const SANDBOX: &str = "sandbox";
/// What stands for what policies sent.
const EMISSIONS: &str = "emissions";
/// How often a Pod is asked for more.
const PAUSE: Duration = Duration::from_millis(500);

/// What `logs` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Go on with what is written from now on
    #[arg(short, long)]
    pub follow: bool,
    /// Begin with this many lines
    #[arg(long, value_name = "N")]
    pub tail: Option<usize>,
    /// Write the logs of all nodes of kind clusters, their kubelets and containers into a folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["follow", "tail", "component"])]
    pub collect: Option<PathBuf>,
    /// `sandbox`, `emissions` (what policies sent to event hubs, metrics, queues and traces), or a Pod: its name, the beginning of its name, or NAMESPACE/NAME
    #[arg(default_value = SANDBOX)]
    pub component: String,
}

/// Prints.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    if let Some(folder) = &args.collect {
        return collect(folder, context).await;
    }
    if args.component == EMISSIONS {
        return print_emissions(&args, context).await;
    }
    if args.component != SANDBOX {
        return pod(&args, context).await;
    }
    let Some(running) = daemon::find(&context.config).await? else {
        return stopped(&args, context);
    };
    let mut answer = running.admin.logs(args.tail, args.follow).await?;
    while let Some(piece) = answer.chunk().await? {
        context.report.raw(&piece);
    }
    Ok(Exit::Done)
}

async fn collect(folder: &Path, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let folder = super::image::absolute(folder)?;
    let files = running.admin.collect_logs(&folder).await?;
    for file in &files {
        context.report.data(file);
    }
    context.report.say(&format!("{} files were written below {}.", files.len(), folder.display()));
    Ok(Exit::Done)
}

/// The log outlives the process: it is what one wants to see after a crash.
fn stopped(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let path = context.config.state_dir.join(sandbox::log::LOG_FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let failure = Failure::new(Exit::Missing, format!("no sandbox runs, and it left no log: {error}"));
        failure.help("start one with `apimlab up`")
    })?;
    context.report.data(&last_lines(&text, args.tail));
    Ok(Exit::Done)
}

/// What policies sent, a line each.
async fn print_emissions(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let mut sent = running.admin.emissions(0).await?;
    if let Some(tail) = args.tail {
        sent.drain(..sent.len().saturating_sub(tail));
    }
    let mut last = 0;
    loop {
        last = sent.last().and_then(|newest| newest["number"].as_u64()).unwrap_or(last);
        for emission in &sent {
            context.report.data(&emissions::line(emission));
        }
        if !args.follow {
            return Ok(Exit::Done);
        }
        context.clock.sleep(PAUSE).await;
        sent = running.admin.emissions(last).await?;
    }
}

async fn pod(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let clusters = running.admin.status().await?.clusters;
    let target = Target::sandbox(context, running)?;
    let (namespace, name) = args.component.split_once('/').unwrap_or(("default", &args.component));
    for cluster in &clusters {
        let Ok(file) = kubeconfig::choose(&clusters, Some(&cluster.name)) else { continue };
        let kubernetes = target.client.kubernetes(&std::fs::read_to_string(file)?)?;
        let pods = find_pods(&kubernetes, namespace, name).await?;
        if !pods.is_empty() {
            return print_pods(args, context, &kubernetes, (namespace, &pods)).await;
        }
    }
    let message = format!("there is neither a component nor a Pod `{}`", args.component);
    Err(Failure::new(Exit::Wrong, message)
        .help("use `sandbox`, `emissions`, or a name from `kubectl get pods -A`")
        .into())
}

/// The Pod with this name, or else all Pods whose names begin so.
async fn find_pods(kubernetes: &Kubernetes, namespace: &str, name: &str) -> anyhow::Result<Vec<String>> {
    let pods = kubernetes.list(&format!("/api/v1/namespaces/{namespace}/pods")).await?;
    let names: Vec<&str> = pods
        .iter()
        .filter_map(|pod| pod.pointer("/metadata/name").and_then(serde_json::Value::as_str))
        .collect();
    if names.contains(&name) {
        return Ok(vec![name.to_owned()]);
    }
    Ok(names.into_iter().filter(|pod| pod.starts_with(name)).map(str::to_owned).collect())
}

/// Prints the logs of the Pods, each line with its Pod if there are several, as `kubectl logs --prefix` does.
async fn print_pods(
    args: &Args,
    context: &Context,
    kubernetes: &Kubernetes,
    (namespace, pods): (&str, &[String]),
) -> anyhow::Result<Exit> {
    let mut printed = vec![String::new(); pods.len()];
    let mut tail = args.tail;
    loop {
        for (pod, before) in pods.iter().zip(&mut printed) {
            let text = kubernetes.log(namespace, pod).await?;
            let newer = last_lines(text.strip_prefix(before.as_str()).unwrap_or(&text), tail);
            context.report.data(&if pods.len() > 1 { prefixed(pod, &newer) } else { newer });
            *before = text;
        }
        if !args.follow {
            return Ok(Exit::Done);
        }
        tail = None;
        context.clock.sleep(PAUSE).await;
    }
}

fn prefixed(pod: &str, text: &str) -> String {
    text.split_inclusive('\n').flat_map(|line| ["[pod/", pod, "] ", line]).collect()
}

fn last_lines(text: &str, count: Option<usize>) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let from = count.map_or(0, |count| lines.len().saturating_sub(count));
    lines.get(from..).unwrap_or_default().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_whole() {
        for (count, expected) in [(Some(0), ""), (Some(1), "b\n"), (Some(9), "a\nb\n"), (None, "a\nb\n")] {
            assert_eq!(last_lines("a\nb\n", count), expected, "{count:?}");
        }
    }
}
