//! One sandbox with its own state folder and its own ports, gone when the test ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A state folder, and the commands that are run on it.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code, or -1 after a signal.
    pub code: i32,
    /// What it printed for programs.
    pub stdout: String,
    /// What it printed for people.
    pub stderr: String,
}

impl World {
    /// An empty state folder; nothing runs yet.
    ///
    /// # Panics
    /// No temporary folder can be made.
    #[expect(clippy::expect_used, reason = "a test without a folder cannot go on")]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A folder beside the state folder, for the test's own files.
    pub fn files(&self) -> &Path {
        self.folder.path()
    }

    /// A command of the built binary on this state folder, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("--state-dir").arg(self.state()).args(["--ports", "auto"]).args(arguments);
        for variable in [
            "AZURE_TENANT_ID",
            "AZURE_CLIENT_ID",
            "AZURE_CLIENT_SECRET",
            "APIMLAB_STATE_DIR",
            "APIMLAB_PORTS",
        ] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// The binary cannot be started.
    #[expect(clippy::expect_used, reason = "a test without the binary cannot go on")]
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::from(self.command(arguments).output().expect("the binary starts: run `cargo build` first"))
    }

    /// Runs a command that has to succeed.
    ///
    /// # Panics
    /// It does not.
    pub fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "apimlab {arguments:?}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        run
    }

    /// What `status -o env` prints, by name.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let printed = self.ok(&["status", "-o", "env"]).stdout;
        let entries = printed.lines().filter_map(|line| line.split_once('='));
        entries.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
    }

    /// What `status -o json` prints under `data`.
    pub fn status(&self) -> Value {
        self.ok(&["status", "-o", "json"]).json()["data"].clone()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Nothing may be left behind; if there is nothing to stop, that is fine too.
        drop(self.command(&["down", "--purge"]).output());
    }
}

impl Run {
    /// What was printed for programs, as JSON.
    ///
    /// # Panics
    /// It is no JSON.
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => unprintable(&error.to_string(), self),
        }
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

#[expect(clippy::panic, reason = "the end of a test")]
fn unprintable(error: &str, run: &Run) -> ! {
    panic!("not JSON ({error}): {run:?}")
}

/// The binary that `cargo build` put beside the folder of this test's own binary.
#[expect(clippy::expect_used, reason = "a test that does not know its own place cannot go on")]
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("the path of the test binary");
    let profile = own.parent().and_then(Path::parent).expect("target/<profile>");
    profile.join("apimlab")
}
