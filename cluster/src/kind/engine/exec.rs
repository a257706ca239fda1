//! Running a program in a container, with its input, output and exit code.
//! <https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Exec>

use std::pin::Pin;

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{Engine, Error, failed};

/// More output than this is not taken.
const LIMIT: usize = 16 * 1024 * 1024;

/// What is sent to a program.
pub type Input<'a> = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send + 'a>>;

/// What a program wrote, and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit code.
    pub code: i64,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
}

/// The rights of a program beyond those of its container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Those of its container.
    Container,
    /// All.
    Privileged,
}

impl Engine {
    /// Runs a program in a container until it ends. A failure of the program is no failure of this.
    pub async fn exec(
        &self,
        container: &str,
        words: &[&str],
        rights: Rights,
        input: Option<Input<'_>>,
    ) -> Result<Output, Error> {
        let mut output = Output::default();
        let mut take = |piece: LogOutput| output.take(&piece);
        let code = self.run(container, (words, rights), input, &mut take).await?;
        Ok(Output { code, ..output })
    }

    /// The same, with `take` for what it writes; the answer is the exit code.
    pub async fn run(
        &self,
        container: &str,
        (words, rights): (&[&str], Rights),
        input: Option<Input<'_>>,
        take: &mut (dyn FnMut(LogOutput) -> Result<(), Error> + Send),
    ) -> Result<i64, Error> {
        let failed = || failed(format!("run `{}` in {container}", words.first().unwrap_or(&"")));
        let options = CreateExecOptions {
            attach_stdin: Some(input.is_some()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            privileged: Some(rights == Rights::Privileged),
            cmd: Some(words.to_vec()),
            ..CreateExecOptions::default()
        };
        let exec = self.docker.create_exec(container, options).await.map_err(failed())?;
        let started = self.docker.start_exec(&exec.id, None::<StartExecOptions>).await.map_err(failed())?;
        if let StartExecResults::Attached { output, input: stdin } = started {
            let mut drained = std::pin::pin!(drain(output, take));
            // Kept open until all output is there: closing the connection would cut off what is still to come.
            let mut fed = std::pin::pin!(feed(stdin, input));
            tokio::select! {
                // A program that has ended takes no more input.
                drained = &mut drained => drained?,
                fed = &mut fed => {
                    let stdin = fed?;
                    drained.await?;
                    drop(stdin);
                }
            }
        }
        // The exit code is known once all output has been read.
        Ok(self.docker.inspect_exec(&exec.id).await.map_err(failed())?.exit_code.unwrap_or(-1))
    }
}

type Stdin = Pin<Box<dyn AsyncWrite + Send>>;

async fn feed(mut stdin: Stdin, input: Option<Input<'_>>) -> Result<Stdin, Error> {
    if let Some(mut input) = input {
        while let Some(piece) = input.next().await {
            if stdin.write_all(&piece?).await.is_err() {
                return Ok(stdin);
            }
        }
        drop(stdin.shutdown().await);
    }
    Ok(stdin)
}

async fn drain(
    mut output: impl Stream<Item = Result<LogOutput, bollard::errors::Error>> + Unpin,
    take: &mut (dyn FnMut(LogOutput) -> Result<(), Error> + Send),
) -> Result<(), Error> {
    while let Some(piece) = output.next().await {
        take(piece.map_err(failed("pass on a program's output"))?)?;
    }
    Ok(())
}

impl Output {
    fn take(&mut self, piece: &LogOutput) -> Result<(), Error> {
        let kept = match piece {
            LogOutput::StdErr { .. } => &mut self.stderr,
            _ => &mut self.stdout,
        };
        if kept.len() + piece.as_ref().len() > LIMIT {
            let message = format!("it is more than {} MiB", LIMIT / (1024 * 1024));
            return Err(Error::Engine { action: "pass on a program's output".to_owned(), message });
        }
        kept.extend_from_slice(piece.as_ref());
        Ok(())
    }

    /// The standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last `count` lines of what it wrote: of its standard error if there are any, else of its output.
    pub fn last_lines(&self, count: usize) -> String {
        let (error, output) = (String::from_utf8_lossy(&self.stderr), String::from_utf8_lossy(&self.stdout));
        let said = if error.trim().is_empty() { output } else { error };
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
    }
}
