//! What a cluster is doing, in sentences for people: what `up` shows while it waits, and `status` at any time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sim::Timestamp;
use tokio::sync::watch;

use super::images::Progress;

/// How many past lines are kept.
const LINES: usize = 64;

/// How far a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Engine, network and node image are looked at, and made where they are missing.
    Preparing,
    /// The node image is being pulled.
    Pulling,
    /// Nodes are created and boot.
    Booting,
    /// `kubeadm` makes the control plane.
    Initialising,
    /// Pod network and storage are applied, workers join.
    Joining,
    /// Nodes are about to be Ready.
    Waiting,
    /// All nodes are Ready.
    Ready,
    /// Something that was there is gone or broken, and is being brought back.
    Repairing,
    /// It could not be made; [`Report::failure`] says why.
    Failed,
    /// It is being removed.
    Removing,
}

/// What is known about a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The ARM id.
    pub cluster: String,
    /// The kind cluster's name.
    pub name: String,
    /// How far it is.
    pub phase: Phase,
    /// How much of the phase is done, where that is known.
    pub percent: Option<u8>,
    /// What is going on.
    pub message: String,
    /// Why the last attempt failed, until one succeeds.
    pub failure: Option<String>,
    /// When it failed last.
    pub failed: Option<Timestamp>,
    /// Its nodes.
    pub nodes: Vec<NodeHealth>,
    /// The last sentences, oldest first, each with its time.
    pub lines: VecDeque<(Timestamp, String)>,
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHealth {
    /// The node's name.
    pub name: String,
    /// `control-plane` or `worker`.
    pub role: String,
    /// The container's state, as Docker names it: `running`, `exited`, …
    pub container: String,
    /// Whether Kubernetes calls it Ready; `None` while its API server does not answer.
    pub ready: Option<bool>,
    /// Its address, while it has one.
    pub address: Option<std::net::Ipv4Addr>,
}

impl Report {
    /// The report about a cluster that nothing is known about yet.
    pub fn new(cluster: &str, name: &str) -> Self {
        Self {
            cluster: cluster.to_owned(),
            name: name.to_owned(),
            phase: Phase::Preparing,
            percent: None,
            message: "waits for its turn".to_owned(),
            failure: None,
            failed: None,
            nodes: Vec::new(),
            lines: VecDeque::new(),
        }
    }

    /// Takes over a new phase with its sentence, and remembers the sentence.
    pub fn say(&mut self, now: Timestamp, phase: Phase, message: impl Into<String>) {
        let message = message.into();
        if self.phase == phase && self.message == message {
            return;
        }
        self.phase = phase;
        self.percent = None;
        self.message.clone_from(&message);
        self.remember(now, message);
    }

    /// Remembers a sentence that belongs to no phase.
    pub fn remember(&mut self, now: Timestamp, message: String) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back((now, message));
    }

    /// The attempt has failed.
    pub fn fail(&mut self, now: Timestamp, failure: String) {
        self.say(now, Phase::Failed, failure.clone());
        self.failure = Some(failure);
        self.failed = Some(now);
    }
}

/// The reports of all clusters.
pub(crate) struct Reports {
    clock: sim::Clock,
    by_cluster: Mutex<BTreeMap<String, Report>>,
    changed: watch::Sender<u64>,
}

impl Reports {
    pub fn new(clock: sim::Clock) -> Self {
        Self { clock, by_cluster: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// All of them, by ARM id.
    pub fn all(&self) -> Vec<Report> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Report>> {
        self.by_cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// There is something to say about a cluster from now on.
    pub fn open(&self, cluster: &str, name: &str) {
        let mut reports = self.lock();
        reports.entry(cluster.to_ascii_lowercase()).or_insert_with(|| Report::new(cluster, name));
    }

    /// There is nothing to say about it any more.
    pub fn close(&self, cluster: &str) {
        self.lock().remove(&cluster.to_ascii_lowercase());
        self.changed.send_modify(|count| *count += 1);
    }

    pub fn say(&self, cluster: &str, phase: Phase, message: impl Into<String>) {
        self.change(cluster, |report, now| report.say(now, phase, message));
    }

    pub fn progress(&self, cluster: &str, phase: Phase, progress: Progress) {
        self.change(cluster, |report, now| {
            report.say(now, phase, progress.message);
            report.percent = progress.percent;
        });
    }

    pub fn remember(&self, cluster: &str, message: impl Into<String>) {
        self.change(cluster, |report, now| report.remember(now, message.into()));
    }

    pub fn fail(&self, cluster: &str, failure: &str) {
        self.change(cluster, |report, now| report.fail(now, failure.to_owned()));
    }

    /// Why the last attempt failed.
    pub fn failure(&self, cluster: &str) -> Option<String> {
        self.lock().get(&cluster.to_ascii_lowercase())?.failure.clone()
    }

    /// Forgets a failure that is older than this. Says whether there was one.
    pub fn forgive(&self, cluster: &str, age: Duration) -> bool {
        let mut had = false;
        self.change(cluster, |report, now| {
            if report.failed.is_some_and(|failed| failed.after(age) <= now) {
                report.failed = None;
                had = report.failure.take().is_some();
            }
        });
        had
    }

    pub fn change(&self, cluster: &str, change: impl FnOnce(&mut Report, Timestamp)) {
        let now = self.clock.now();
        let mut reports = self.lock();
        let Some(report) = reports.get_mut(&cluster.to_ascii_lowercase()) else { return };
        let before = report.clone();
        change(report, now);
        if *report != before {
            drop(reports);
            self.changed.send_modify(|count| *count += 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_the_last_sentences_and_the_failure_until_an_attempt_succeeds() {
        let reports = Reports::new(sim::Clock::manual(Timestamp::from_unix_seconds(0)));
        reports.open("/Clusters/c", "c");
        let changes = reports.changes();
        reports.fail("/clusters/C", "no engine");
        reports.say("/clusters/c", Phase::Preparing, "looks again");
        reports.say("/clusters/c", Phase::Preparing, "looks again");
        let report = reports.all().remove(0);
        assert_eq!((report.phase, report.failure.as_deref()), (Phase::Preparing, Some("no engine")));
        assert_eq!(report.lines.len(), 2);
        assert!(!reports.forgive("/clusters/C", Duration::from_secs(1)), "it has just failed");
        assert_eq!(reports.failure("/clusters/C").as_deref(), Some("no engine"));
        assert!(reports.forgive("/clusters/C", Duration::ZERO) && reports.failure("/clusters/c").is_none());
        assert!(changes.has_changed().expect("a sender"));
        (0..1_000).for_each(|line| reports.remember("/clusters/c", line.to_string()));
        let report = reports.all().remove(0);
        assert_eq!(report.lines.len(), LINES);
        assert_eq!(report.lines.back().map(|(_, line)| line.as_str()), Some("999"));
        reports.close("/clusters/c");
        reports.say("/clusters/c", Phase::Ready, "nobody hears it");
        assert!(reports.all().is_empty());
    }
}
