//! `apimlab logs`: the sandbox's own log, or the log of a Pod.

use std::time::Duration;

use cloud::Kubernetes;

use super::{Context, kubeconfig};
use crate::daemon;
use crate::exit::{Exit, Failure};
use crate::target::Target;

/// What stands for the sandbox's own log.
const SANDBOX: &str = "sandbox";
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
    /// `sandbox`, or a Pod: its name, the beginning of its name, or NAMESPACE/NAME
    #[arg(default_value = SANDBOX)]
    pub component: String,
}

/// Prints.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
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

async fn pod(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let clusters = running.admin.status().await?.clusters;
    let target = Target::sandbox(context, running)?;
    let (prefix, name) = args.component.split_once('/').unwrap_or(("default", &args.component));
    for cluster in &clusters {
        let Ok(file) = kubeconfig::choose(&clusters, Some(&cluster.name)) else { continue };
        let kubernetes = target.client.kubernetes(&std::fs::read_to_string(file)?)?;
        if let Some(pod) = find_pod(&kubernetes, prefix, name).await? {
            return print_pod(args, context, &kubernetes, (prefix, &pod)).await;
        }
    }
    let message = format!("there is neither a component nor a Pod `{}`", args.component);
    Err(Failure::new(Exit::Wrong, message).help("use `sandbox`, or a name from `kubectl get pods -A`").into())
}

async fn find_pod(kubernetes: &Kubernetes, namespace: &str, name: &str) -> anyhow::Result<Option<String>> {
    let pods = kubernetes.list(&format!("/api/v1/namespaces/{namespace}/pods")).await?;
    let names: Vec<&str> = pods
        .iter()
        .filter_map(|pod| pod.pointer("/metadata/name").and_then(serde_json::Value::as_str))
        .collect();
    let found =
        names.iter().find(|pod| **pod == name).or_else(|| names.iter().find(|pod| pod.starts_with(name)));
    Ok(found.map(|pod| (*pod).to_owned()))
}

async fn print_pod(
    args: &Args,
    context: &Context,
    kubernetes: &Kubernetes,
    (namespace, pod): (&str, &str),
) -> anyhow::Result<Exit> {
    let mut text = kubernetes.log(namespace, pod).await?;
    context.report.data(&last_lines(&text, args.tail));
    if !args.follow {
        return Ok(Exit::Done);
    }
    loop {
        context.clock.sleep(PAUSE).await;
        let newer = kubernetes.log(namespace, pod).await?;
        context.report.data(newer.strip_prefix(text.as_str()).unwrap_or(&newer));
        text = newer;
    }
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
