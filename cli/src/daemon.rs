//! The sandbox in the background: finding it, starting it, stopping it.
//!
//! Whether one runs is known from the lock on its state folder, which the kernel releases with the process; so
//! nothing has to be cleaned up after `kill -9`. A new one says through its standard output that it is ready, or
//! why it is not.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sandbox::{Backend, Ports, Redis, Removal, Settings, StateFolder, WantedCluster};
use serde::{Deserialize, Serialize};
use sim::Clock;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use crate::admin::Admin;
use crate::commands::Context;
use crate::config::{Config, REDIS};
use crate::exit::{Exit, Failure};
use crate::progress::Steps;

/// How long a sandbox may take to end before it is ended.
const STOP_TIME: Duration = Duration::from_secs(10);
/// How long a sandbox that another command starts may take to answer.
const OTHER_START_TIME: Duration = Duration::from_secs(10);

/// How often it is looked what is being removed.
const REPORT_PAUSE: Duration = Duration::from_millis(300);

/// A running sandbox.
#[derive(Debug, Clone)]
pub struct Running {
    /// Who it is and where it listens.
    pub settings: Settings,
    /// Its own API.
    pub admin: Admin,
}

/// What a start wants of the sandbox; the rest stays as it was.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// How clusters are to run.
    pub cluster: WantedCluster,
    /// The Redis that the gateway is to count in.
    pub redis: Option<Redis>,
}

impl Wanted {
    /// The gateway of a sandbox counts where it is to count.
    fn has_redis(&self, settings: &Settings) -> bool {
        let there = settings.redis.as_ref().and_then(Redis::address);
        self.redis.as_ref().is_none_or(|redis| redis.address() == there)
    }
}

/// What a new sandbox says about its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Started {
    /// It listens.
    Ready,
    /// Another process runs on the state folder.
    InUse,
    /// It could not start: the code to end with, and the reason.
    Failed(u8, String),
}

/// The sandbox of the state folder, if one runs.
pub async fn find(config: &Config) -> anyhow::Result<Option<Running>> {
    let Some(folder) = StateFolder::open(&config.state_dir)? else { return Ok(None) };
    if !folder.is_in_use() {
        return Ok(None);
    }
    let Some(settings) = Settings::load(&folder)? else { return Ok(None) };
    if settings.ports.is_none() {
        return Ok(None);
    }
    let admin = Admin::new(&settings)?;
    if admin.is_healthy().await {
        return Ok(Some(Running { settings, admin }));
    }
    Ok(None)
}

/// What the sandbox of the state folder remembers, whether it runs or not.
pub fn settings(config: &Config) -> anyhow::Result<Option<Settings>> {
    let folder = StateFolder::open(&config.state_dir)?;
    Ok(folder.map(|folder| Settings::load(&folder)).transpose()?.flatten())
}

/// The sandbox of the state folder, or advice to start it.
pub async fn expect(config: &Config) -> anyhow::Result<Running> {
    find(config).await?.ok_or_else(|| {
        let message = format!("no sandbox runs on the state folder {}", config.state_dir.display());
        Failure::new(Exit::Missing, message).help("start one with `apimlab up`").into()
    })
}

/// The sandbox of the state folder; starts one if none runs.
pub async fn find_or_start(context: &Context, wanted: &Wanted, wait: Duration) -> anyhow::Result<Running> {
    let present = settings(&context.config)?.map(|settings| settings.cluster).unwrap_or_default();
    let after = present.with(&wanted.cluster)?;
    if let Some(running) = find(&context.config).await? {
        check_ports(&context.config, &running)?;
        let is_same = running.settings.cluster == after;
        if is_same && wanted.has_redis(&running.settings) {
            context.report.say("The sandbox runs already.");
            return Ok(running);
        }
        if !is_same {
            check_clusters(&running).await?;
        }
        stop(&context.config, &context.clock).await?;
    }
    leave_kind(context, after.backend).await?;
    let is_new = StateFolder::open(&context.config.state_dir)?.is_none();
    match start(&context.config, wanted, wait).await? {
        Started::Ready => expect(&context.config).await,
        Started::InUse => other_start(&context.config, &context.clock).await,
        Started::Failed(exit, message) => {
            if is_new {
                forget(&context.config)?;
            }
            Err(Failure::new(Exit::from_number(exit).unwrap_or(Exit::Bug), message).into())
        }
    }
}

/// Removes a state folder that was made for a sandbox that never ran.
fn forget(config: &Config) -> anyhow::Result<()> {
    if let Some(folder) = StateFolder::open(&config.state_dir)? {
        let lock = folder.lock()?;
        folder.purge(lock)?;
    }
    Ok(())
}

fn check_ports(config: &Config, running: &Running) -> Result<(), Failure> {
    let Ports::Base(base) = config.ports else { return Ok(()) };
    if running.settings.ports.is_some_and(|ports| ports.gateway == base) {
        return Ok(());
    }
    Err(Failure::new(Exit::Missing, "the sandbox of this state folder runs on other ports")
        .help("stop it first with `apimlab down`, or use another `--state-dir`"))
}

/// How clusters run is only changed while there are none.
async fn check_clusters(running: &Running) -> anyhow::Result<()> {
    if running.admin.status().await?.clusters.is_empty() {
        return Ok(());
    }
    let message =
        format!("the sandbox runs, and runs its clusters otherwise ({})", running.settings.cluster.backend);
    Err(Failure::new(Exit::Missing, message)
        .help("`apimlab down` first, then start it as you want it; without flags it goes on as it is")
        .into())
}

/// A sandbox that ran its clusters in containers, and is not to any more, leaves none behind.
async fn leave_kind(context: &Context, backend: Backend) -> anyhow::Result<()> {
    match settings(&context.config)? {
        Some(settings) if settings.cluster.backend != backend => remove_containers(context, &settings).await,
        _ => Ok(()),
    }
}

/// Removes what a stopped sandbox has in containers, and says what it is doing.
pub async fn remove_containers(context: &Context, settings: &Settings) -> anyhow::Result<()> {
    let Some(removal) = Removal::of(settings, context.config.machine(), &context.clock)? else {
        return Ok(());
    };
    context.report.say("Removing nodes, volumes and network");
    let steps = Steps::new(Arc::clone(&context.report));
    let told = async {
        loop {
            removal.reports().iter().for_each(|report| steps.step(report, None));
            context.clock.sleep(REPORT_PAUSE).await;
        }
    };
    tokio::select! {
        removed = removal.run() => Ok(removed?),
        never = told => never,
    }
}

async fn start(config: &Config, wanted: &Wanted, wait: Duration) -> anyhow::Result<Started> {
    let folder = StateFolder::create(&config.absolute_state_dir())?;
    let log_path = folder.file(sandbox::log::LOG_FILE);
    let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&log_path)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("serve").arg("--state-dir").arg(folder.path());
    match config.ports {
        Ports::Remembered => {}
        Ports::Auto => drop(command.args(["--ports", "auto"])),
        Ports::Base(base) => drop(command.args(["--ports", &base.to_string()])),
    }
    command.args(cluster_arguments(&wanted.cluster));
    if let Some(redis) = &wanted.redis {
        command.env(REDIS, redis.text());
    }
    // A group of its own, so that Ctrl-C in this terminal does not reach it.
    command.current_dir("/").process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut child = tokio::process::Command::from(command).spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        let read = timeout(wait, BufReader::new(stdout).read_line(&mut line)).await;
        read.map_err(|_| {
            Failure::new(Exit::TimedOut, format!("the sandbox did not start within {} s", wait.as_secs()))
                .help(format!("see {}", log_path.display()))
        })??;
    }
    Ok(serde_json::from_str(&line).unwrap_or_else(|_| {
        let reason = format!("the sandbox ended while it started; see {}", log_path.display());
        Started::Failed(Exit::Bug.number(), reason)
    }))
}

/// The flags of `serve` that say how clusters are to run.
fn cluster_arguments(cluster: &WantedCluster) -> Vec<String> {
    let WantedCluster { backend, node_image, load_balancer, privileged, gateway } = cluster;
    let flags = [
        ("--cluster", backend.map(|word| word.to_string())),
        ("--node-image", node_image.clone()),
        ("--load-balancer", load_balancer.map(|word| word.to_string())),
        ("--gateway", gateway.map(|word| word.to_string())),
        ("--privileged", privileged.map(|word| word.to_string())),
    ];
    flags.into_iter().filter_map(|(flag, word)| Some([flag.to_owned(), word?])).flatten().collect()
}

/// Another command starts a sandbox at the same moment: waits for that one.
async fn other_start(config: &Config, clock: &Clock) -> anyhow::Result<Running> {
    let begin = clock.elapsed();
    while clock.elapsed().saturating_sub(begin) < OTHER_START_TIME {
        if let Some(running) = find(config).await? {
            return Ok(running);
        }
        clock.sleep(Duration::from_millis(2)).await;
    }
    let message =
        format!("a process holds the state folder {}, but no sandbox answers", config.state_dir.display());
    Err(Failure::new(Exit::TimedOut, message).help("stop it with `apimlab down`").into())
}

/// Ends the sandbox of the state folder: politely, then firmly. Says whether there was one.
pub async fn stop(config: &Config, clock: &Clock) -> anyhow::Result<bool> {
    let Some(folder) = StateFolder::open(&config.state_dir)? else { return Ok(false) };
    if !folder.is_in_use() {
        return Ok(false);
    }
    let settings = Settings::load(&folder)?;
    if let Some(running) = find(config).await? {
        drop(running.admin.shutdown().await);
        if ended(&folder, clock).await {
            return Ok(true);
        }
    }
    let pid = settings
        .and_then(|settings| settings.process)
        .and_then(|process| Pid::from_raw(process.pid.cast_signed()));
    for signal in [Signal::TERM, Signal::KILL] {
        // It may have ended a moment ago; the lock tells.
        if let Some(pid) = pid.filter(|_| folder.is_in_use()) {
            let _may_be_gone = kill_process(pid, signal);
        }
        if ended(&folder, clock).await {
            return Ok(true);
        }
    }
    let message = format!("the process that holds {} does not end", folder.path().display());
    Err(Failure::new(Exit::TimedOut, message).help("end it by hand; `lsof` shows who it is").into())
}

async fn ended(folder: &StateFolder, clock: &Clock) -> bool {
    let begin = clock.elapsed();
    while clock.elapsed().saturating_sub(begin) < STOP_TIME {
        if !folder.is_in_use() {
            return true;
        }
        clock.sleep(Duration::from_millis(2)).await;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_about_clusters_is_passed_on() {
        assert!(cluster_arguments(&WantedCluster::default()).is_empty());
        let wanted = WantedCluster {
            backend: Some(Backend::Kind),
            node_image: Some("node:1".to_owned()),
            ..WantedCluster::default()
        };
        assert_eq!(cluster_arguments(&wanted), ["--cluster", "kind", "--node-image", "node:1"]);
    }

    #[test]
    fn what_a_new_sandbox_says_is_understood() {
        for started in [Started::Ready, Started::InUse, Started::Failed(69, "port 1 is taken".to_owned())] {
            let line = serde_json::to_string(&started).expect("it serializes");
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<Started>(&line).expect("it is read"), started);
        }
    }
}
