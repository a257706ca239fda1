//! Another program with the sandbox in Azure's place: the variables that it reads are set, and nothing else changes.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use crate::commands::env::Program;
use crate::commands::{Context, status};
use crate::daemon;
use crate::exit::{Exit, Failure};

/// A program that is found in PATH, or why it is not there.
pub struct Tool {
    name: &'static str,
    install: &'static str,
    variables: BTreeMap<&'static str, String>,
}

impl Tool {
    /// The program, for the sandbox that runs.
    pub async fn new(
        (name, install): (&'static str, &'static str),
        program: Program,
        context: &Context,
    ) -> anyhow::Result<Self> {
        let running = daemon::expect(&context.config).await?;
        let status = running.admin.status().await?;
        let known = status::variables(&context.config.absolute_state_dir(), &running.settings, &status);
        Ok(Self { name, install, variables: program.variables(&known) })
    }

    /// The program reads this variable as well.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.insert(name, value.into());
    }

    /// What a variable is set to.
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Runs it and waits; a failure is one of ours, with what it said.
    pub fn prepare(&self, arguments: &[&str]) -> Result<(), Failure> {
        let Output { status, stderr, .. } =
            self.command().args(arguments).output().map_err(|error| self.failure(&error))?;
        if status.success() {
            return Ok(());
        }
        // Only the words of the command: arguments may be secrets.
        let words = arguments.iter().take_while(|word| !word.starts_with('-')).copied().collect::<Vec<_>>();
        let said = String::from_utf8_lossy(&stderr);
        let message = format!("`{} {}` failed: {}", self.name, words.join(" "), said.trim());
        Err(Failure::new(Exit::Missing, message))
    }

    /// Becomes the program; returns only if it is not there.
    pub fn become_it(&self, arguments: &[String]) -> Failure {
        self.failure(&self.command().args(arguments).exec())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.name);
        command.envs(&self.variables);
        command
    }

    fn failure(&self, error: &io::Error) -> Failure {
        Failure::new(Exit::Missing, format!("`{}` cannot be started: {error}", self.name)).help(self.install)
    }
}
