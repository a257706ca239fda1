//! `apimlab status`: what runs and where; for people, programs and shells.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use sandbox::environment::ENVIRONMENT_FILE;
use sandbox::{Endpoint, KUBECONFIG_FOLDER, Settings, certificates};
use serde_json::json;

use super::Context;
use super::env::{Shell, assignment};
use crate::admin::{ClusterReport, Status};
use crate::daemon::{self, Running};
use crate::exit::Exit;

/// What `status` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How to print it
    #[arg(short, long, default_value = "table")]
    pub output: Form,
}

/// How the status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// `KEY=VALUE` lines for a shell.
    Env,
}

/// Prints; ends with code 1 if no sandbox runs.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let Some(running) = daemon::find(&context.config).await? else {
        if args.output == Form::Json {
            context.report.json("Status", &json!({ "running": false }));
        } else {
            context.report.say("No sandbox is running; start one with `apimlab up`.");
        }
        return Ok(Exit::Wrong);
    };
    match args.output {
        Form::Table => table(context, &running, &running.admin.status().await?),
        Form::Json => {
            let mut status = running.admin.status_json().await?;
            status["running"] = json!(true);
            context.report.json("Status", &status);
        }
        Form::Env => {
            let status = running.admin.status().await?;
            let variables = variables(&context.config.absolute_state_dir(), &running.settings, &status);
            // Quoted for every shell that reads KEY=VALUE; without `export`, so that env files take it too.
            let lines = variables.iter().map(|(name, value)| assignment(Shell::Plain, name, value));
            context.report.data(&lines.collect::<String>());
        }
    }
    Ok(Exit::Done)
}

/// Everything that a client of the sandbox needs, as variables.
pub fn variables(state_dir: &Path, settings: &Settings, status: &Status) -> BTreeMap<&'static str, String> {
    let url = |endpoint| settings.url(endpoint).unwrap_or_default();
    let file = |name: &str| state_dir.join(name).display().to_string();
    BTreeMap::from([
        ("APIMLAB_GATEWAY_URL", url(Endpoint::Gateway)),
        ("APIMLAB_GATEWAY_HTTPS_URL", url(Endpoint::GatewayHttps)),
        ("APIMLAB_ARM_URL", url(Endpoint::ResourceManager)),
        ("APIMLAB_KUBERNETES_URL", url(Endpoint::Kubernetes)),
        ("APIMLAB_ADMIN_URL", url(Endpoint::Admin)),
        ("APIMLAB_ADMIN_TOKEN", settings.admin_token.clone()),
        ("APIMLAB_PROXY_URL", url(Endpoint::Proxy)),
        ("APIMLAB_TENANT_ID", settings.tenant_id.clone()),
        ("APIMLAB_SUBSCRIPTION_ID", settings.subscription_id.clone()),
        ("APIMLAB_CLIENT_ID", settings.client_id.clone()),
        ("APIMLAB_CLIENT_SECRET", settings.client_secret.clone()),
        ("APIMLAB_CA_FILE", file(certificates::CA_FILE)),
        ("APIMLAB_CA_BUNDLE_FILE", file(certificates::CA_BUNDLE_FILE)),
        ("APIMLAB_ENVIRONMENT_FILE", file(ENVIRONMENT_FILE)),
        ("APIMLAB_STATE_DIR", state_dir.display().to_string()),
        ("KUBECONFIG", kubeconfig(state_dir, status)),
    ])
}

/// kubectl takes several files; before there is a cluster, the folder's future first file is named.
fn kubeconfig(state_dir: &Path, status: &Status) -> String {
    let files: Vec<&str> =
        status.clusters.iter().filter_map(|cluster| cluster.kubeconfig.as_deref()).collect();
    if files.is_empty() {
        return state_dir.join(KUBECONFIG_FOLDER).join("config").display().to_string();
    }
    files.join(":")
}

fn table(context: &Context, running: &Running, status: &Status) {
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let url = |endpoint| running.settings.url(endpoint).unwrap_or_default();
    let memory =
        status.memory_bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    let pid = running.settings.process.as_ref().map(|process| process.pid).unwrap_or_default();
    let backend = running.settings.cluster.backend;
    let mut rows = vec![
        row("Process", format!("{pid}, up {} s, memory {memory}", status.uptime_seconds)),
        row("State", context.config.state_dir.display().to_string()),
        row("Gateway", format!("{}  {}", url(Endpoint::Gateway), url(Endpoint::GatewayHttps))),
        row("ARM", url(Endpoint::ResourceManager)),
        row("Kubernetes", url(Endpoint::Kubernetes)),
        row("Admin", url(Endpoint::Admin)),
        row("Proxy", url(Endpoint::Proxy)),
        row("Subscription", running.settings.subscription_id.clone()),
    ];
    for cluster in &status.clusters {
        let file = cluster.kubeconfig.as_deref().unwrap_or("starting");
        rows.push(row("Cluster", format!("{} ({backend})  {file}", cluster.name)));
        rows.extend(cluster.report.iter().flat_map(health).map(|text| row("", text)));
    }
    for service in &status.services {
        for api in &service.apis {
            let host = service.host_names.first().map(String::as_str).unwrap_or_default();
            rows.push(row(
                "API",
                format!("{}  {}/{}/  (host {host})", api.name, url(Endpoint::Gateway), api.path),
            ));
        }
    }
    context.report.table(&rows);
}

/// How far a cluster of containers is, and how its nodes are.
fn health(report: &ClusterReport) -> Vec<String> {
    let percent = report.percent.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    let mut lines = vec![format!("{}: {}{percent}", report.phase, report.message)];
    lines.extend(report.failure.iter().filter(|failure| **failure != report.message).cloned());
    lines.extend(report.nodes.iter().map(|node| {
        let ready = match node.ready {
            Some(true) => "Ready",
            Some(false) => "not Ready",
            None => "not known",
        };
        let address = node.address.as_deref().unwrap_or("no address");
        format!("node {}  {}  {address}  {}, {ready}", node.name, node.role, node.container)
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::Cluster;

    #[test]
    fn several_clusters_give_several_kubeconfig_files() {
        let cluster = |file: Option<&str>| Cluster {
            name: "c".to_owned(),
            kubeconfig: file.map(str::to_owned),
            report: None,
        };
        let cases = [
            (vec![], "/s/kubeconfig/config"),
            (vec![cluster(None)], "/s/kubeconfig/config"),
            (vec![cluster(Some("/s/a")), cluster(Some("/s/b"))], "/s/a:/s/b"),
        ];
        for (clusters, expected) in cases {
            let status = Status { clusters, services: Vec::new(), memory_bytes: None, uptime_seconds: 0 };
            assert_eq!(kubeconfig(Path::new("/s"), &status), expected);
        }
    }
}
