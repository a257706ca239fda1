//! What is under way, on disk: one file per run, one line per step, readable by its owner only.
//!
//! The journal holds no bodies and no secrets. It is a cache: what is in Azure counts, and the file may be deleted.
//! Its use is the URL of an operation that an interrupted run began. Lines are written at once and forced to the
//! disk together, by a task of their own, so that nobody waits for the disk.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sim::Clock;
use tokio::sync::mpsc;

use crate::{Environment, Error};

const KEPT: usize = 10;
const MAX_LINES: usize = 100_000;
/// How long a signed URL of Azure is good for.
const FRESH_SECONDS: i64 = 24 * 3_600;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    /// The run began.
    Begin,
    /// A request will be sent.
    Intent,
    /// It is accepted and can be asked for at the poll URL.
    Accepted,
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// The run ended by itself.
    End,
}

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    at: String,
    run: String,
    pub(super) step: Step,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) node: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) poll_url: Option<String>,
    /// The code of a failure; its message may hold anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
}

/// The journal of a run.
pub(super) struct Journal {
    run: String,
    clock: Clock,
    lines: mpsc::UnboundedSender<String>,
    writer: tokio::task::JoinHandle<std::io::Result<()>>,
    path: PathBuf,
    /// Where the operations of an interrupted run can be asked for, by node.
    pub(super) unfinished: BTreeMap<String, String>,
}

impl Journal {
    /// Opens a new file in `directory` and reads what an interrupted run of the same environment left.
    pub(super) async fn begin(
        directory: &Path,
        environment: &Environment,
        clock: Clock,
    ) -> Result<Self, Error> {
        let run =
            format!("{:015}-{}", clock.now().unix_millis(), &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let path = directory.join(format!("{run}.jsonl"));
        let target = format!("{}/{}", environment.name, environment.subscription_id);
        let prepared = {
            let (directory, path, target, clock) =
                (directory.to_owned(), path.clone(), target.clone(), clock.clone());
            tokio::task::spawn_blocking(move || prepare(&directory, &path, &target, &clock)).await
        };
        let (file, unfinished) = match prepared {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(error)) => return Err(failed(&path, &error)),
            Err(_) => return Err(Error::File { verb: "write", path, reason: "interrupted".to_owned() }),
        };
        let (lines, queue) = mpsc::unbounded_channel();
        let writer = tokio::task::spawn_blocking(move || write(file, queue));
        let journal = Self { run, clock, lines, writer, path, unfinished };
        journal.send(&Record { environment: Some(target), ..journal.record(Step::Begin) });
        Ok(journal)
    }

    /// A line about `node`.
    pub(super) fn note(&self, node: &str, step: Step, fill: impl FnOnce(&mut Record)) {
        let mut record = Record { node: Some(node.to_owned()), ..self.record(step) };
        fill(&mut record);
        self.send(&record);
    }

    /// Ends the journal: everything is on the disk then.
    pub(super) async fn end(self) -> Result<(), Error> {
        self.send(&self.record(Step::End));
        let Self { lines, writer, path, .. } = self;
        drop(lines);
        match writer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(&path, &error)),
            Err(_) => Err(Error::File { verb: "write", path, reason: "interrupted".to_owned() }),
        }
    }

    fn record(&self, step: Step) -> Record {
        Record {
            at: self.clock.now().rfc3339_millis(),
            run: self.run.clone(),
            step,
            node: None,
            id: None,
            method: None,
            poll_url: None,
            error: None,
            environment: None,
        }
    }

    fn send(&self, record: &Record) {
        if let Ok(mut line) = serde_json::to_string(record) {
            line.push('\n');
            // The writer ends early only if the disk fails, which `end` reports.
            let _written = self.lines.send(line);
        }
    }
}

/// Writes what is queued, then forces it to the disk, again and again.
fn write(mut file: File, mut queue: mpsc::UnboundedReceiver<String>) -> std::io::Result<()> {
    while let Some(line) = queue.blocking_recv() {
        file.write_all(line.as_bytes())?;
        while let Ok(line) = queue.try_recv() {
            file.write_all(line.as_bytes())?;
        }
        file.sync_data()?;
    }
    Ok(())
}

fn prepare(
    directory: &Path,
    path: &Path,
    target: &str,
    clock: &Clock,
) -> std::io::Result<(File, BTreeMap<String, String>)> {
    std::fs::create_dir_all(directory)?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    let newest = files.iter().rev().find_map(|file| unfinished(file, target, clock));
    // The names begin with the time, so the first ones are the oldest.
    let surplus = (files.len() + 1).saturating_sub(KEPT);
    for old in files.iter().take(surplus) {
        std::fs::remove_file(old)?;
    }
    let mut options = OpenOptions::new();
    options.create_new(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok((options.open(path)?, newest.unwrap_or_default()))
}

/// The operations that a run on `target` left under way; none if the file is about another target.
fn unfinished(path: &Path, target: &str, clock: &Clock) -> Option<BTreeMap<String, String>> {
    let mut left = BTreeMap::new();
    let mut is_target = false;
    // A last line that was cut off by the interruption is no record; what it said is read from Azure.
    for line in BufReader::new(File::open(path).ok()?).lines().take(MAX_LINES).map_while(Result::ok) {
        let Ok(record) = serde_json::from_str::<Record>(&line) else { continue };
        let is_fresh = sim::Timestamp::parse(&record.at)
            .is_some_and(|at| clock.now().unix_seconds() - at.unix_seconds() < FRESH_SECONDS);
        match (record.step, record.node, record.poll_url) {
            (Step::Begin, ..) => is_target = record.environment.as_deref() == Some(target),
            (Step::Accepted, Some(node), Some(url)) if is_fresh => {
                left.insert(node, url);
            }
            (Step::Done | Step::Failed, Some(node), _) => {
                left.remove(&node);
            }
            _ => {}
        }
    }
    is_target.then_some(left)
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::File { verb: "write", path: path.to_owned(), reason: error.to_string() }
}
