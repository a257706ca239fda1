//! Waiting until a node has booted: its log says so.
//!
//! Before that, no program may be run in it: one in the root control group would be in the way of the node's own
//! set-up of the groups.

use std::time::Duration;

use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::StreamExt as _;
use sim::{Clock, Timestamp};

use crate::kind::Error;
use crate::kind::engine::{Engine, failed};

/// kind waits as long.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many lines of the log are shown if it does not boot.
const LINES: usize = 20;
/// How much of the log is kept for that.
const KEPT: usize = 64 * 1024;

/// Returns when the node, whose container was started at `started` (as Docker writes it), has booted.
pub async fn wait(engine: &Engine, node: &str, started: &str, clock: &Clock) -> Result<(), Error> {
    // Earlier boots are in the log as well.
    let since = Timestamp::parse(started).map_or(0, Timestamp::unix_seconds);
    let options = LogsOptionsBuilder::default()
        .follow(true)
        .stdout(true)
        .stderr(true)
        .since(i32::try_from(since).unwrap_or(0))
        .build();
    let mut log = String::new();
    let mut lines = std::pin::pin!(engine.docker().logs(node, Some(options)));
    let mut patience = std::pin::pin!(clock.sleep(PATIENCE));
    loop {
        tokio::select! {
            piece = lines.next() => match piece {
                None => break,
                Some(piece) => {
                    let piece = piece.map_err(failed(format!("show the log of {node}")))?;
                    log.push_str(&String::from_utf8_lossy(piece.as_ref()));
                    if log.lines().any(booted) {
                        return Ok(());
                    }
                    shorten(&mut log);
                }
            },
            () = &mut patience => break,
        }
    }
    let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    let log = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n");
    Err(Error::Boot { node: node.to_owned(), waited: PATIENCE, log })
}

/// The line that says so: systemd's, or, on cgroup v1, one of the image's own.
fn booted(line: &str) -> bool {
    line.contains("detected cgroup v1")
        || line.split_once("Reached target ").is_some_and(|(_, target)| target.contains("Multi-User System"))
}

fn shorten(log: &mut String) {
    if log.len() > KEPT {
        let cut = log.len() - KEPT;
        if let Some(cut) = (cut..log.len()).find(|&at| log.is_char_boundary(at)) {
            log.drain(..cut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_booted_when_systemd_says_so() {
        for (line, expected) in [
            ("[  OK  ] Reached target \u{1b}[0;1;39mMulti-User System\u{1b}[0m.", true),
            ("[  OK  ] Reached target multi-user.target - Multi-User System.", true),
            ("INFO: detected cgroup v1", true),
            ("[  OK  ] Reached target \u{1b}[0;1;39mBasic System\u{1b}[0m.", false),
            ("Multi-User System: Reached target ", false),
        ] {
            assert_eq!(booted(line), expected, "{line}");
        }
    }

    #[test]
    fn the_end_of_a_long_log_is_kept() {
        let mut log = "ä".repeat(KEPT);
        shorten(&mut log);
        assert!(log.len() <= KEPT && log.len() > KEPT - 4);
    }
}
