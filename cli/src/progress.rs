//! A line for each resource that something was done about, with the time it took.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloud::{Action, Node, Progress, ProgressEvent};
use sandbox::images::Say;
use scenarios::{CheckResult, VerifyEvent, VerifyProgress};

use crate::report::{Mark, Report};

/// A wait is mentioned when it lasts this long, and again each time it has lasted this much longer.
const LONG: Duration = Duration::from_secs(10);

/// Prints what happens.
pub struct Lines {
    report: Arc<Report>,
    titles: BTreeMap<String, String>,
    width: usize,
    waits: Mutex<BTreeMap<String, Duration>>,
}

impl Lines {
    /// Prints with titles, given by their keys, padded to the longest of them.
    pub fn new(report: Arc<Report>, titles: BTreeMap<String, String>) -> Arc<Self> {
        let width = titles.values().map(|title| title.chars().count()).max().unwrap_or_default();
        Arc::new(Self { report, titles, width, waits: Mutex::default() })
    }

    /// What a person calls the node with this key.
    fn title<'k>(&'k self, key: &'k str) -> &'k str {
        self.titles.get(key).map_or(key, String::as_str)
    }

    fn is_worth_a_line(&self, key: &str, elapsed: Duration) -> bool {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let said = waits.entry(key.to_owned()).or_default();
        if elapsed < *said + LONG {
            return false;
        }
        *said = elapsed;
        true
    }
}

impl Progress for Lines {
    fn event(&self, event: &ProgressEvent) {
        match event {
            ProgressEvent::Waiting { key, state, elapsed } if self.is_worth_a_line(key, *elapsed) => {
                self.report
                    .mark(Mark::Waiting, &format!("{}: {state} ({} s)", self.title(key), elapsed.as_secs()));
            }
            ProgressEvent::Done { title, action, elapsed, .. } => {
                let (mark, note) = match action {
                    Action::Unchanged => (Mark::Unchanged, "unchanged".to_owned()),
                    Action::Delete => (Mark::Done, format!("{}  deleted", seconds(*elapsed))),
                    _ => (Mark::Done, seconds(*elapsed)),
                };
                self.report.mark(mark, &format!("{title:width$}  {note}", width = self.width));
            }
            ProgressEvent::Failed { key, error } => {
                self.report.mark(Mark::Failed, &format!("{}: {error}", self.title(key)));
            }
            _ => {}
        }
    }
}

impl VerifyProgress for Lines {
    fn event(&self, event: &VerifyEvent<'_>) {
        match event {
            VerifyEvent::Checked(check) => {
                let (mark, note) = outcome(check);
                self.report
                    .mark(mark, format!("{:width$}  {note}", check.title, width = self.width).trim_end());
            }
            VerifyEvent::LessonStarted { title, narration, .. } => {
                self.report.say(&format!("\nLesson: {title}"));
                narration.trim().lines().for_each(|line| self.report.say(&format!("  {line}")));
            }
            VerifyEvent::LessonActs { action, .. } => self.report.mark(Mark::Waiting, action),
            _ => {}
        }
    }
}

fn outcome(check: &CheckResult) -> (Mark, String) {
    match (&check.skipped, check.ok) {
        (Some(reason), _) => (Mark::Skipped, format!("skipped: {reason}")),
        (None, true) => (Mark::Done, seconds(check.latency)),
        (None, false) => (Mark::Failed, check.detail.clone()),
    }
}

/// Steps of something long: each is mentioned when it begins, then each quarter of it.
pub struct Steps {
    report: Arc<Report>,
    said: Mutex<(String, u8)>,
}

impl Steps {
    /// Steps that are printed.
    pub fn new(report: Arc<Report>) -> Arc<Self> {
        Arc::new(Self { report, said: Mutex::default() })
    }

    /// So far is a step.
    pub fn step(&self, message: &str, percent: Option<u8>) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let quarter = percent.map_or(0, |percent| percent / 25 * 25);
        if said.0 == message && said.1 >= quarter {
            return;
        }
        *said = (message.to_owned(), quarter);
        let note = if quarter > 0 { format!(" ({quarter} %)") } else { String::new() };
        self.report.mark(Mark::Waiting, &format!("{message}{note}"));
    }

    /// The same as a listener.
    pub fn say(self: &Arc<Self>) -> Say {
        let steps = Arc::clone(self);
        Arc::new(move |progress| steps.step(&progress.message, progress.percent))
    }
}

/// The titles of nodes by their keys.
pub fn titles(nodes: &[Node]) -> BTreeMap<String, String> {
    nodes.iter().map(|node| (node.key.clone(), node.title.clone())).collect()
}

/// A duration as people read it.
pub fn seconds(duration: Duration) -> String {
    format!("{:.2}s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_waits_are_mentioned_now_and_then() {
        let lines = Lines::new(Arc::new(Report::plain()), BTreeMap::new());
        let seconds = [1, 9, 10, 11, 19, 20, 35];
        let said: Vec<u64> = seconds
            .into_iter()
            .filter(|seconds| lines.is_worth_a_line("service", Duration::from_secs(*seconds)))
            .collect();
        assert_eq!(said, [10, 20, 35]);
    }
}
