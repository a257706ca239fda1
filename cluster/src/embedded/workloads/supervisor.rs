//! Runs a command so that nothing of it outlives us.
//!
//! The sandbox does not start local commands itself: it starts a supervisor, which is the same program with a hidden
//! command, and keeps the other end of its standard input. When that end closes, because the sandbox wants it or
//! because the sandbox was killed, the supervisor kills the command and everything that it has started.

use std::future::Future;
use std::io::Read as _;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// The exit code if the command cannot be started, as in a shell.
const NOT_STARTED: u8 = 127;

/// Runs a command in a process group of its own until it ends, or until standard input ends; then the group is
/// killed. `SIGTERM` is passed on. Returns the exit code: the command's own, or 128 and the signal that ended it.
pub async fn supervise(command: &[String]) -> u8 {
    supervise_until(command, input_ends()).await
}

async fn supervise_until(command: &[String], input_ends: impl Future<Output = ()>) -> u8 {
    let Some((program, arguments)) = command.split_first() else { return NOT_STARTED };
    // Ctrl-C in a terminal reaches everyone; the end of our input says when to stop.
    let (Ok(mut terminate), Ok(_interrupt), Ok(_hangup)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
    else {
        return NOT_STARTED;
    };
    let mut child = match Command::new(program).args(arguments).process_group(0).stdin(Stdio::null()).spawn()
    {
        Ok(child) => child,
        Err(error) => {
            tracing::error!(%program, %error, "the command could not be started");
            return NOT_STARTED;
        }
    };
    let group = group_of(&child);
    let mut input_ends = pin!(input_ends);
    let code = loop {
        tokio::select! {
            status = child.wait() => break status.map_or(NOT_STARTED, exit_code),
            () = &mut input_ends => break kill(&mut child, group).await,
            Some(()) = terminate.recv() => send(group, Signal::TERM),
        }
    };
    // What the command has left behind goes, too.
    send(group, Signal::KILL);
    code
}

/// The exit code of an ended process: its own, or 128 and the signal.
pub fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// The process group that a child leads.
pub fn group_of(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()?).ok()?)
}

/// Sends a signal to a group; a group that is gone is fine.
pub fn send(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        let _ = kill_process_group(group, signal);
    }
}

async fn kill(child: &mut Child, group: Option<Pid>) -> u8 {
    send(group, Signal::KILL);
    child.wait().await.map_or(NOT_STARTED, exit_code)
}

/// Completes at the end of standard input. A thread of its own waits, because a runtime does not shut down while one
/// of its threads reads.
async fn input_ends() {
    let (ended, ends) = oneshot::channel::<()>();
    let waits = std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        let mut ignored = [0; 64];
        while std::io::stdin().read(&mut ignored).is_ok_and(|read| read > 0) {}
        drop(ended);
    });
    if waits.is_ok() {
        let _ = ends.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn the_exit_code_is_the_commands() {
        for (script, expected) in [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)] {
            let theirs = std::future::pending();
            assert_eq!(supervise_until(&shell(script), theirs).await, expected, "{script}");
        }
        let theirs = std::future::pending();
        assert_eq!(supervise_until(&["/does/not/exist".to_owned()], theirs).await, NOT_STARTED);
    }

    #[tokio::test]
    async fn closing_our_end_kills_the_command_and_its_children() {
        let folder = tempfile();
        let script = format!("sleep 600 & echo $! $$ > {folder}.tmp; mv {folder}.tmp {folder}; wait");
        let (ours, theirs) = oneshot::channel::<()>();
        let supervised =
            tokio::spawn(async move { supervise_until(&shell(&script), async { drop(theirs.await) }).await });
        let pids = loop {
            match std::fs::read_to_string(&folder) {
                Ok(text) => break text,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(2)).await,
            }
        };
        drop(ours);
        assert_eq!(supervised.await.expect("no panic"), 137);
        for pid in pids.split_whitespace() {
            let pid = Pid::from_raw(pid.parse().expect("a pid")).expect("a pid");
            wait_until_gone(pid).await;
        }
        let _ = std::fs::remove_file(folder);
    }

    async fn wait_until_gone(pid: Pid) {
        for _ in 0..500 {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
            let alive = match state {
                // A zombie waits for its new parent, which is not ours to hurry.
                Ok(stat) => !stat.contains(") Z "),
                Err(_) if std::path::Path::new("/proc/self").exists() => false,
                Err(_) => rustix::process::test_kill_process(pid).is_ok(),
            };
            if !alive {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("process {pid:?} is still there");
    }

    fn tempfile() -> String {
        let name = format!("supervisor-{}", sim::Ids::random().hex(12));
        std::env::temp_dir().join(name).to_string_lossy().into_owned()
    }
}
